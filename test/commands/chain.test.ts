/** Unenroll, send, and look at blocks and receipts, over a real node with real keys. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../src/codecs/bytes.js";
import {unsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {UNENROLL_V3_CONTRACT} from "../../src/codecs/chain/payloads.js";
import {testAccount} from "../support/accounts.js";
import {initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {type Desk, deskOf, keystoreOf, seedOf} from "./against-node.js";

const OWNER = testAccount("owner");
const OTHER = testAccount("other");
const KEYS = "--gpu-uuid GPU-1 --hmac-key-file /hmac --node-key-file /node --passphrase-file /pass";

let node: RunningNode;
let owner: Desk;
let other: Desk;
let enrolled: string;

beforeAll(async () => {
  node = await runTestNode(await initTestNode(nodeGenesis([OWNER, OTHER])));
  const files = {"/hmac": `${"ab".repeat(32)}\n`, "/node": hexOf(seedOf("rig"))};
  owner = deskOf(node.node.url, await keystoreOf("owner"), files);
  other = deskOf(node.node.url, await keystoreOf("other"), files);
  const ran = await owner.qsdm(`enroll --node-id rig-1 ${KEYS} --wait`);
  enrolled = ran.out.trim();
});
afterAll(() => node.stop());

const codeOf = (ran: {out: string}): string => JSON.parse(ran.out).error.code;

describe("receipt and block", () => {
  test("a receipt is one line: outcome, height, contract, sender, nonce, fee", async () => {
    const ran = await owner.qsdm(`receipt ${enrolled}`);
    expect(ran.out).toMatch(new RegExp(`^applied\t\\d+\tqsdm/enroll/v3\t${OWNER.address}\t0\t1000\t-\t-\n$`));
    expect([ran.status, ran.err]).toEqual([0, ""]);
  });

  test("the block of a receipt names the transaction and its parent", async () => {
    const {data: receipt} = JSON.parse((await owner.qsdm(`receipt ${enrolled} --json`)).out);
    const {data: block} = JSON.parse((await owner.qsdm(`block ${receipt.height} --json`)).out);
    expect(block.transactions.map((each: {tx_id: string}) => each.tx_id)).toContain(enrolled);
    expect(block.id).toBe(receipt.block_id);
    const line = (await owner.qsdm(`block ${BigInt(receipt.height) - 1n}`)).out.split("\t");
    expect(line[1]).toBe(block.parent_id);
  });

  test("what does not exist is refused with 3, what cannot exist with 2", async () => {
    const absent = await owner.qsdm(`receipt ${"00".repeat(32)} --json`);
    expect([absent.status, codeOf(absent)]).toEqual([3, "RECEIPT_NOT_FOUND"]);
    expect((await owner.qsdm("block 999999999")).status).toBe(3);
    for (const line of ["block", "block -1", "block ten", "receipt", "receipt a/b"])
      expect((await owner.qsdm(line)).status, line).toBe(2);
  });
});

describe("unenroll", () => {
  test("--dry-run shows amounts and heights, and changes nothing", async () => {
    const ran = await owner.qsdm("unenroll --node-id rig-1 --reason done --dry-run");
    expect(ran.err).toMatch(/returns the bond of 10 CELL to [0-9a-f]{64} at height \d+ at the earliest/);
    expect(ran.err).toContain("frees GPU GPU-1");
    const content = unsignedEnvelope.decode(bytesOfHex(ran.out.trim()));
    expect(content.contract).toBe(UNENROLL_V3_CONTRACT);
    expect(new TextDecoder().decode(content.payload)).toBe('{"kind":"unenroll","node_id":"rig-1","reason":"done"}');
    expect((await node.client.enrollment({nodeId: "rig-1"})).phase).toBe("active");
  });

  test("somebody else's rig is refused before anything is signed", async () => {
    const ran = await other.qsdm("unenroll --node-id rig-1 --passphrase-file /pass --json");
    expect([ran.status, codeOf(ran)]).toEqual([3, "ENROLLMENT_NOT_OWNER"]);
  });

  test("an unknown rig, a name that cannot be one and a long reason are refused", async () => {
    expect(codeOf(await owner.qsdm("unenroll --node-id nobody --json"))).toBe("ENROLLMENT_NOT_FOUND");
    expect(codeOf(await owner.qsdm("unenroll --node-id A --json"))).toBe("ENROLL_INVALID");
    expect(codeOf(await owner.qsdm(`unenroll --node-id rig-1 --reason ${"x".repeat(257)} --json`))).toBe(
      "ENROLL_INVALID",
    );
    expect((await owner.qsdm("unenroll")).status).toBe(2);
  });

  test("asks on a terminal, and a no changes nothing", async () => {
    const options = {terminals: ["stdin"] as const, input: "n\n"};
    const ran = await owner.qsdm("unenroll --node-id rig-1 --passphrase-file /pass", options);
    expect(ran.err).toContain("End the enrollment of rig-1? This cannot be taken back. [y/N]");
    expect(ran.status).toBe(2);
    expect((await node.client.enrollment({nodeId: "rig-1"})).phase).toBe("active");
  });

  test("ends the enrollment at the height of its block, and once only", async () => {
    const ran = await owner.qsdm("unenroll --node-id rig-1 --passphrase-file /pass --wait");
    expect(ran.status, ran.err).toBe(0);
    const record = await node.client.enrollment({nodeId: "rig-1"});
    expect(record.phase).toBe("pending_unbond");
    expect(record.revokedAtHeight).toBe((await node.client.receipt({txId: ran.out.trim()})).height);
    const again = await owner.qsdm("unenroll --node-id rig-1 --passphrase-file /pass --json");
    expect([again.status, codeOf(again)]).toEqual([3, "ENROLLMENT_ALREADY_REVOKED"]);
  });
});

describe("towards a node of our own", () => {
  test("a rig without a key of its own is not enrolled", async () => {
    const line = "enroll --node-id rig-2 --gpu-uuid GPU-2 --hmac-key-file /hmac --passphrase-file /pass --json";
    const ran = await owner.qsdm(line);
    expect([ran.status, codeOf(ran)]).toEqual([2, "NODE_KEY_MISSING"]);
  });

  test("an id of the client's own is refused: it follows from the transaction", async () => {
    const ran = await owner.qsdm("unenroll --node-id rig-1 --id mine --passphrase-file /pass --json");
    expect([ran.status, codeOf(ran)]).toEqual([2, "FLAG_CONFLICT"]);
  });
});
