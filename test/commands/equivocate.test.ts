/** The offence for development networks, where it works and where it does not. */
import {afterEach, describe, expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {decodeProof} from "../../src/codecs/mining/proof.js";
import {testAccount} from "../support/accounts.js";
import {initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {type Desk, deskOf, keystoreOf, seedOf} from "./against-node.js";

const OWNER = testAccount("owner");
const KEYS = "--node-id rig-1 --hmac-key-file /hmac --node-key-file /node";
const CHEAT = `devnet equivocate ${KEYS} --gpu-arch ada --gpu-name L40`;
const FILES = {"/hmac": "ab".repeat(32), "/node": hexOf(seedOf("rig")), "/other": hexOf(seedOf("other"))};

let node: RunningNode | undefined;
afterEach(() => node?.stop());

async function chain(params: Partial<Genesis["params"]> = {}): Promise<Desk> {
  const genesis = nodeGenesis([OWNER]);
  node = await runTestNode(await initTestNode({...genesis, params: {...genesis.params, ...params}}));
  const desk = deskOf(node.node.url, await keystoreOf("owner"), FILES);
  const enrolled = await desk.qsdm(`enroll ${KEYS} --gpu-uuid GPU-1 --passphrase-file /pass --wait`);
  expect(enrolled.status, enrolled.err).toBe(0);
  return desk;
}

describe("devnet equivocate", () => {
  test("writes two proofs of one node and height that differ, and the node has one of them", async () => {
    const desk = await chain();
    const ran = await desk.qsdm(CHEAT);
    expect(ran.status, ran.err).toBe(0);
    const [height, ...files] = ran.out.trimEnd().split("\t");
    const [a, b] = files.map((file) => decodeProof(ran.host.files.get(file)!));
    expect(a!.height).toBe(BigInt(height!));
    expect(b!.height).toBe(a!.height);
    expect(a!.nonce).not.toEqual(b!.nonce);
  });

  test("asks on a terminal, and a no signs nothing", async () => {
    const desk = await chain();
    const ran = await desk.qsdm(CHEAT, {input: "n\n", terminals: ["stdin", "stderr"]});
    expect(ran.err).toContain("Sign away the bond of rig-1, 10 CELL?");
    expect(ran.host.files.has("proof-a.json")).toBe(false);
    expect(ran.status).not.toBe(0);
  });

  for (const [name, params, line, code] of [
    ["a chain that is no development network", {dagEntries: 2 ** 17}, CHEAT, "NOT_A_DEVNET"],
    ["a key that is not the node's", {}, CHEAT.replace("/node", "/other"), "PROOF_REFUSED"],
    ["a node that is not enrolled", {}, CHEAT.replace("rig-1", "rig-9"), "ENROLLMENT_NOT_FOUND"],
  ] as const)
    test(`refuses ${name}, and writes nothing`, async () => {
      const desk = await chain(params);
      const ran = await desk.qsdm(`${line} --json`);
      expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([3, code]);
      expect(ran.host.files.has("proof-a.json")).toBe(false);
    });
});
