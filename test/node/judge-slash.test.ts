/** Judging a slash before it is paid for, and taking one for each offence. */
import {expect, onTestFinished, test} from "vitest";
import {encodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import {doubleMining} from "../../src/codecs/slashing/double-mining.js";
import {slashPayload} from "../../src/codecs/slashing/payload.js";
import {testAccount} from "../support/accounts.js";
import {eventually, initTestNode, mineOne, nodeGenesis, runTestNode} from "../support/node.js";
import {enrollmentPayload, signedEnrollment, signedSlash, withBrokenSignature} from "../support/proofs.js";

const owner = testAccount("owner");
const watchers = [testAccount("watcher"), testAccount("other watcher")] as const;
const nodeKey = testAccount("rig key");
const RIG = {nodeId: "rig-1", nodeKey, owner};

const payloadOf = (proofA: Proof, proofB: Proof, nodeId = "rig-1"): Uint8Array =>
  slashPayload.encode({
    nodeId,
    evidenceKind: "double-mining",
    evidence: doubleMining.encode({proofA, proofB, memo: ""}),
    slashAmountDust: 1_000_000_000n,
    memo: "",
  });

test("an offence is judged without paying, and only one slash for it is taken", async () => {
  // Slow blocks: what waits keeps waiting while the second watcher comes.
  const {client, stop} = await runTestNode(await initTestNode(nodeGenesis([owner, ...watchers])), {
    pace: {intervalMs: 1_500, minIntervalMs: 2_000},
  });
  onTestFinished(stop);
  await client.enroll({
    body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
  });
  await eventually(() => client.enrollment({nodeId: "rig-1"}));
  const [a, b] = [await mineOne(client, RIG), await mineOne(client, {...RIG, start: 2})];
  const judge = (body: Uint8Array) => client.judgeSlash({body});

  const framed = payloadOf(a, withBrokenSignature(b));
  expect(await judge(framed)).toMatchObject({
    convicts: false,
    code: "SLASH_VERIFIER_FAILED",
    cause: "NODE_SIGNATURE_INVALID",
  });
  expect(await judge(payloadOf(a, b, "rig-2"))).toMatchObject({offenceKey: null, code: "SLASH_VERIFIER_FAILED"});
  expect(await judge(encodeProof(a))).toMatchObject({offenceKey: null, code: "SLASH_DECODE_FAILED"});
  const before = await judge(payloadOf(a, b));
  const offenceKey = `double-mining/rig-1/${a.epoch}/${a.height}`;
  expect(before).toMatchObject({offenceKey, convicts: true, slashedDust: 1_000_000_000n, waiting: false});
  expect(await client.enrollment({nodeId: "rig-1"})).toMatchObject({stakeDust: 1_000_000_000n, phase: "active"});

  const slash = (at: 0 | 1, pair: readonly [Proof, Proof], nonce = 0n) =>
    client.slash({body: signedSlash(watchers[at], {nonce, nodeId: "rig-1", pair: [...pair]})});
  // Unsigned proofs for the same offence prove nothing, and keep nobody out.
  const junk = [a, b].map((proof) => withBrokenSignature(proof)) as [Proof, Proof];
  await slash(1, junk);
  const {txId} = await slash(0, [a, b]);
  expect(await judge(payloadOf(a, b))).toMatchObject({offenceKey, waiting: true, slashedAtHeight: null});
  await expect(slash(1, [b, a], 1n)).rejects.toMatchObject({code: "SLASH_OFFENCE_WAITING"});
  // Evidence is dear to verify: it is not read for who cannot pay for it.
  const poor = signedSlash(testAccount("has nothing"), {nonce: 0n, nodeId: "rig-1", pair: [b, a]});
  await expect(client.slash({body: poor})).rejects.toMatchObject({code: "BALANCE_TOO_LOW"});
  const {height} = await eventually(() => client.slashReceipt({txId}));
  expect(await judge(payloadOf(a, b))).toMatchObject({
    waiting: false,
    slashedAtHeight: height,
    convicts: false,
    code: "SLASH_EVIDENCE_REPLAYED",
  });
  await expect(slash(1, [a, b], 1n)).rejects.toMatchObject({code: "SLASH_EVIDENCE_REPLAYED"});
  // The junk was paid for, the late slash was not.
  expect((await client.nonce({sender: watchers[1].address})).nonce).toBe(1n);
});
