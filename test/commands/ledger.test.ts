/** Enroll, list, slash and look up over a real node with real keys. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../src/codecs/bytes.js";
import {txIdOf, unsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {ENROLL_V3_CONTRACT, strictEnrollment} from "../../src/codecs/chain/payloads.js";
import {enrollment} from "../../src/codecs/enrollment.js";
import {doubleMining} from "../../src/codecs/slashing/double-mining.js";
import {testAccount} from "../support/accounts.js";
import {initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {signedProof} from "../support/proofs.js";
import {type Desk, deskOf, keystoreOf, seedOf} from "./against-node.js";

const OWNER = testAccount("owner");
const REPORTER = testAccount("reporter");
const RIG = testAccount("rig");
const POOR = testAccount("poor");
const TX_ID = /^[0-9a-f]{64}\n$/;
const KEYS = "--gpu-uuid GPU-1 --hmac-key-file /hmac --node-key-file /node --passphrase-file /pass";

let node: RunningNode;
let owner: Desk;
let reporter: Desk;

beforeAll(async () => {
  node = await runTestNode(await initTestNode(nodeGenesis([OWNER, REPORTER])));
  const files = {"/hmac": `${"ab".repeat(32)}\n`, "/node": hexOf(seedOf("rig"))};
  owner = deskOf(node.node.url, await keystoreOf("owner"), files);
  reporter = deskOf(node.node.url, await keystoreOf("reporter"), files);
});
afterAll(() => node.stop());

/** Two proofs of the enrolled rig for one height; older ones than its enrollment would convict nobody. */
const evidence = async (later = 0n) => {
  const {enrolledAtHeight} = await node.client.enrollment({nodeId: "rig-1"});
  const named = {nodeId: "rig-1", node: RIG, owner: OWNER};
  const at = (fill: number) => signedProof(named, {height: enrolledAtHeight + later, fill});
  return doubleMining.encode({proofA: at(1), proofB: at(2), memo: ""});
};

describe("enroll", () => {
  test("--dry-run prints what would be signed, needs no passphrase and changes nothing", async () => {
    const ran = await owner.qsdm(
      `enroll --node-id rig-1 --gpu-uuid GPU-1 --hmac-key-file /hmac --node-key-file /node --dry-run`,
    );
    expect(ran.status).toBe(0);
    const content = unsignedEnvelope.decode(bytesOfHex(ran.out.trim()));
    expect(content).toMatchObject({sender: OWNER.address, nonce: 0n, contract: ENROLL_V3_CONTRACT});
    const {payload, nodeKey} = strictEnrollment.decode(content.payload);
    expect(nodeKey).toEqual(RIG.publicKey);
    expect(enrollment.decode(payload)).toMatchObject({nodeId: "rig-1", gpuUuid: "GPU-1", stakeDust: 1_000_000_000n});
    expect((await node.client.nonce({sender: OWNER.address})).nonce).toBe(0n);
  });

  test("--dry-run --json names the id that the transaction will have", async () => {
    const ran = await owner.qsdm(`--json enroll --node-id rig-1 ${KEYS} --dry-run`);
    const {ok, data} = JSON.parse(ran.out);
    expect(ok).toBe(true);
    expect(data).toMatchObject({status: "not_submitted", nonce: "0", stake_dust: "1000000000", fee_dust: "1000"});
    expect(data.tx_id).toBe(txIdOf(unsignedEnvelope.decode(bytesOfHex(data.signing_bytes))));
  });

  test("--wait says submitted, then applied, and prints the transaction id alone", async () => {
    const ran = await owner.qsdm(`enroll --node-id rig-1 ${KEYS} --wait`);
    expect(ran.err).toContain("locks a bond of 10 CELL");
    expect(ran.err).toMatch(/submitted [0-9a-f]{64}; waiting up to 120s .* check with: qsdm enrollment-status rig-1/);
    expect(ran.err).toMatch(/applied [0-9a-f]{64} at height \d+/);
    expect(ran.out).toMatch(TX_ID);
    expect(ran.status).toBe(0);
    const receipt = await node.client.receipt({txId: ran.out.trim()});
    expect(receipt).toMatchObject({outcome: "applied", sender: OWNER.address, feeDust: 1_000n});
  });

  test("a node id that is taken is refused before anything is signed or paid", async () => {
    const before = (await node.client.balance({address: REPORTER.address})).balance;
    const ran = await reporter.qsdm(`--json enroll --node-id rig-1 ${KEYS}`);
    expect(ran.status).toBe(3);
    expect(JSON.parse(ran.out).error.code).toBe("ENROLLMENT_NODE_ID_BOUND");
    expect((await node.client.balance({address: REPORTER.address})).balance).toBe(before);
  });

  test("what only a block can know is rejected there, with the fee and the ledger's own code", async () => {
    const ran = await reporter.qsdm(`--json enroll --node-id rig-2 ${KEYS} --fee 0.001 --wait`);
    expect(ran.status).toBe(3);
    const {error} = JSON.parse(ran.out);
    expect(error).toMatchObject({code: "ENROLLMENT_GPU_BOUND", details: {fee_dust: "100000"}});
    expect(error.hint).toBe("the fee of 0.001 CELL stays paid");
  });
});

describe("reading enrollments", () => {
  test("one record is one line with tabs", async () => {
    const ran = await owner.qsdm("enrollment-status rig-1");
    expect(ran.out).toMatch(new RegExp(`^rig-1\tactive\t1000000000\t${OWNER.address}\tGPU-1\t\\d+\t-\t-\n$`));
    expect(ran.err).toBe("");
  });

  test("--json has every member, amounts and heights as text", async () => {
    const {data} = JSON.parse((await owner.qsdm("enrollment-status rig-1 --json")).out);
    expect(data).toMatchObject({node_id: "rig-1", stake_dust: "1000000000", slashable: true, phase: "active"});
    expect(data.enrolled_at_height).toMatch(/^\d+$/);
  });

  test("an unknown node is refused with 3 and a hint", async () => {
    const ran = await owner.qsdm("enrollment-status nobody");
    expect([ran.status, ran.out]).toEqual([3, ""]);
    expect(ran.err).toMatch(/^qsdm: error: no enrollment record for node_id nobody\nqsdm: hint: /);
  });

  test("a node id that cannot be one is a usage error, and nothing is asked", async () => {
    expect((await owner.qsdm("enrollment-status a/b")).status).toBe(2);
    expect((await owner.qsdm("enrollment-status")).status).toBe(2);
  });

  test("enrollments lists, --all says how many on standard error", async () => {
    const ran = await owner.qsdm("enrollments --all --phase active");
    expect(ran.out.split("\n")).toHaveLength(2);
    expect(ran.err).toBe("1 enrollments in 1 page\n");
  });
});

describe("slash", () => {
  test("--dry-run on evidence from a pipe reads kind and node id off it", async () => {
    const ran = await reporter.qsdm("slash --evidence-file - --dry-run --json", {input: await evidence()});
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.out).data).toMatchObject({
      node_id: "rig-1",
      evidence_kind: "double-mining",
      expected_slash_dust: "1000000000",
    });
    expect(ran.err).toContain("takes 10 of its bond of 10 CELL: 2.5 to you, 7.5 burned, 0 left");
    expect(ran.err).toContain("revokes rig-1");
  });

  test("asks on a terminal, and a no changes nothing", async () => {
    const ran = await reporter.qsdm(`slash --evidence-hex ${hexOf(await evidence())} --passphrase-file /pass`, {
      terminals: ["stdin"],
      input: "n\n",
    });
    expect(ran.err).toContain("Slash rig-1 by 10 CELL? This cannot be taken back. [y/N]");
    expect(ran.status).toBe(2);
    expect((await node.client.enrollment({nodeId: "rig-1"})).stakeDust).toBe(1_000_000_000n);
  });

  test("takes the bond, pays the reporter and leaves a receipt", async () => {
    const before = (await node.client.balance({address: REPORTER.address})).balance;
    const ran = await reporter.qsdm("slash --evidence-file - --passphrase-file /pass --wait", {
      input: await evidence(),
    });
    expect(ran.err).toContain("applied");
    expect(ran.status).toBe(0);
    const txId = ran.out.trim();
    const looked = await reporter.qsdm(`slash-receipt ${txId}`);
    expect(looked.out).toMatch(/^applied\t\d+\trig-1\tdouble-mining\t1000000000\t250000000\t750000000\ttrue\t-\n$/);
    expect((await node.client.balance({address: REPORTER.address})).balance).toBe(before + 250_000_000n - 1_000n);
    expect((await node.client.enrollment({nodeId: "rig-1"})).phase).toBe("revoked");
  });

  test("the same offence again is refused at the door, for nothing", async () => {
    const before = (await node.client.balance({address: REPORTER.address})).balance;
    const ran = await reporter.qsdm(`--json slash --evidence-hex ${hexOf(await evidence())} --passphrase-file /pass`);
    expect(ran.status).toBe(3);
    expect(JSON.parse(ran.out).error.code).toBe("SLASH_EVIDENCE_REPLAYED");
    expect((await node.client.balance({address: REPORTER.address})).balance).toBe(before);
  });

  test("an offence of a node with nothing left is rejected by its block, and the receipt says why", async () => {
    const ran = await reporter.qsdm(
      `--json slash --evidence-hex ${hexOf(await evidence(1n))} --passphrase-file /pass --wait`,
    );
    expect(ran.status).toBe(3);
    const {error} = JSON.parse(ran.out);
    expect(error.code).toBe("SLASH_NOTHING_LEFT");
    const looked = await reporter.qsdm(`slash-receipt ${error.details.tx_id} --json`);
    expect(JSON.parse(looked.out).data).toMatchObject({outcome: "rejected", reject_reason: "nothing_left"});
  });

  for (const [name, line, code] of [
    ["evidence of nothing", "slash --evidence-hex 00", "EVIDENCE_INVALID"],
    [
      "evidence of another kind than named",
      "slash --node-id a --evidence-kind forged-attestation --evidence-hex 00",
      "EVIDENCE_INVALID",
    ],
    [
      "an empty object as a freshness cheat",
      "slash --node-id a --evidence-kind freshness-cheat --evidence-hex 7b7d",
      "EVIDENCE_INVALID",
    ],
    ["no evidence", "slash", "EVIDENCE_SOURCE"],
    ["two sources", "slash --evidence-hex 00 --evidence-file -", "EVIDENCE_SOURCE"],
    ["hex that is none", "slash --evidence-hex zz", undefined],
    ["an unknown kind", "slash --evidence-kind lying --evidence-hex 00", "FLAG_INVALID"],
  ] as const)
    test(`${name} is refused before the node is asked for anything that costs`, async () => {
      const ran = await reporter.qsdm(`${line} --json`, {input: ""});
      expect([2, 3]).toContain(ran.status);
      const {ok, error} = JSON.parse(ran.out);
      expect(ok).toBe(false);
      if (code) expect(error.code).toBe(code);
    });

  test("another node id than the evidence's is refused", async () => {
    const ran = await reporter.qsdm(`--json slash --node-id rig-9 --evidence-hex ${hexOf(await evidence())}`);
    expect(JSON.parse(ran.out).error).toMatchObject({code: "NODE_ID_MISMATCH"});
    expect(ran.status).toBe(2);
  });

  test("evidence in another than its canonical form is refused before it costs a fee", async () => {
    const loose = new TextEncoder().encode(` ${new TextDecoder().decode(await evidence())}`);
    const ran = await reporter.qsdm(`--json slash --evidence-hex ${hexOf(loose)}`);
    expect(JSON.parse(ran.out).error.code).toBe("EVIDENCE_NOT_CANONICAL");
  });
});

describe("enroll --bond-from-rewards", () => {
  const LINE =
    "enroll --node-id rig-d --gpu-uuid GPU-9 --hmac-key-file /hmac --node-key-file /node --passphrase-file /pass";

  test("locks nothing, and a block takes the work that was found", async () => {
    const before = (await node.client.balance({address: REPORTER.address})).balance;
    const ran = await reporter.qsdm(`${LINE} --bond-from-rewards --wait --json`);
    expect(ran.status, ran.err).toBe(0);
    const {data} = JSON.parse(ran.out);
    expect(data).toMatchObject({stake_dust: "0", bond_mode: "mining_rewards", status: "applied"});
    expect(ran.err).toContain("locks nothing now: the first 10 CELL that it earns");
    expect(ran.err).toContain(`work found after ${BigInt(data.work_nonce) + 1n} attempts`);
    expect(await node.client.enrollment({nodeId: "rig-d"})).toMatchObject({stakeDust: 0n, phase: "active"});
    expect(before - (await node.client.balance({address: REPORTER.address})).balance).toBe(1_000n);
  });

  test("an interrupt ends the search, and nothing is sent", async () => {
    const ran = await reporter.qsdm(`${LINE.replace("rig-d", "rig-e")} --bond-from-rewards`, {
      onHost: (host) => setTimeout(() => host.signal("SIGINT"), 150),
    });
    expect([ran.status, ran.out]).toEqual([130, ""]);
    await expect(node.client.enrollment({nodeId: "rig-e"})).rejects.toMatchObject({code: "ENROLLMENT_NOT_FOUND"});
  });

  test("who lacks the bond is told of it", async () => {
    const poor = deskOf(node.node.url, await keystoreOf("poor"), {
      "/hmac": `${"ab".repeat(32)}\n`,
      "/node": hexOf(seedOf("rig")),
    });
    await reporter.qsdm(`wallet send ${POOR.address} 1 --passphrase-file /pass --wait`);
    const ran = await poor.qsdm(LINE.replace("rig-d", "rig-f"));
    expect(ran.status).toBe(3);
    expect(ran.err).toContain("qsdm: hint: --bond-from-rewards locks nothing now");
  });
});

test("a geotag, which this chain has no use for, is refused", async () => {
  const ran = await owner.qsdm(`wallet send ${POOR.address} 1 --geotag EU --passphrase-file /pass`);
  expect(ran.status).toBe(2);
  expect(ran.err).toContain("--geotag is for nodes of QSDM");
});
