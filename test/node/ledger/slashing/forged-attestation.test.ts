import {describe, expect, test} from "vitest";
import type {Proof} from "../../../../src/codecs/mining/proof.js";
import {forgedAttestation} from "../../../../src/codecs/slashing/forged-attestation.js";
import type {EnrollmentRecord} from "../../../../src/node/ledger/enrollment/record.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {readForgedAttestation} from "../../../../src/node/ledger/slashing/forged-attestation.js";
import {REFUSE_ANCHORS} from "../../../../src/node/ledger/slashing/witness.js";
import {mlDsa87} from "../../../support/accounts.js";
import {testGenesis} from "../../../support/chain.js";
import {recordOf, signedBy, solved, testChallenge, testRig} from "../../../support/mining.js";

const rig = testRig("rig-1");
const stranger = testRig("stranger");
const honest = solved(rig);
const params = chainParamsOf(testGenesis([]));

const offenceOf = (proof: Proof, {nodeId = "rig-1", memo = ""} = {}) =>
  readForgedAttestation(forgedAttestation.encode({proof, faultClass: "", memo}), nodeId);
const prove = (proof: Proof, record: EnrollmentRecord = recordOf(rig)) =>
  offenceOf(proof).prove({record, block: {params, verifySignature: mlDsa87.verify}, witness: REFUSE_ANCHORS});

describe("a proof that its node signed is a forgery when the evidence in it", () => {
  const other = solved(rig, {batchCount: 1}, 100);
  const moved = signedBy(rig, honest).attestation;
  test.each<[string, Proof]>([
    ["has a MAC under another key", signedBy({...rig, hmacKey: stranger.hmacKey}, honest)],
    ["names another GPU", signedBy({...rig, gpuUuid: "GPU-other"}, honest)],
  ])("%s", (_what, proof) => {
    expect(() => prove(proof)).not.toThrow();
  });

  test("names the GPU in other letters only, it is none", () => {
    expect(() => prove(signedBy({...rig, gpuUuid: rig.gpuUuid.toUpperCase()}, honest))).toThrow("the evidence in the");
  });

  test("was made for another solution and moved, the signature does not hold and nothing is proven", () => {
    expect(() => prove({...other, attestation: moved})).toThrow(/signature does not verify/);
  });
});

describe("nothing is proven", () => {
  test("by an honest proof", () => {
    expect(() => prove(signedBy(rig, honest))).toThrow("a forged attestation is not proven: the evidence in the proof");
  });

  test("against a node whose key did not sign, however wrong the evidence is (Q40)", () => {
    const framed = {...stranger, nodeId: "rig-1"};
    expect(() => prove(signedBy(framed, honest))).toThrow(/signature does not verify/);
  });

  test("by a proof for another chain", () => {
    const forged = signedBy({...rig, gpuUuid: "GPU-other"}, honest, {chainId: "elsewhere"});
    expect(() => prove(forged)).toThrow(/signature does not verify/);
  });

  test("by a proof from before the enrollment, whose keys it cannot have been made with", () => {
    const forged = signedBy({...rig, gpuUuid: "GPU-other"}, honest);
    expect(() => prove(forged, {...recordOf(rig), enrolledAtHeight: 11n})).toThrow("older than the enrollment");
  });

  test("by what happened later: the node left, its GPU model is unknown, its challenge is old", () => {
    const left = {...recordOf(rig), revokedAtHeight: 12n, unbondMaturesAtHeight: 99n};
    expect(() => prove(signedBy(rig, honest), left)).toThrow("the evidence in the proof holds");
    const odd = signedBy({...rig, gpuName: "Voodoo 2"}, honest);
    expect(() => prove(odd)).toThrow("the evidence in the proof holds");
    const old = signedBy(rig, honest, {challenge: testChallenge(1_000n)});
    expect(() => prove(old)).toThrow("the evidence in the proof holds");
  });

  test("by a proof of another node, or of version 1", () => {
    expect(() => offenceOf(signedBy(rig, honest), {nodeId: "rig-2"})).toThrow("a proof is of node rig-1");
    expect(() => offenceOf({...signedBy(rig, honest), version: 1})).toThrow("proof of version 1");
  });
});

test("one forged proof is one offence, whatever memo the evidence carries and however often it is attested", () => {
  const [one, two] = ["GPU-x", "GPU-y"].map((gpuUuid) => signedBy({...rig, gpuUuid}, honest));
  const keys = [offenceOf(one!), offenceOf(one!, {memo: "again"}), offenceOf(two!)].map((each) => each.replayKey);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^forged-attestation\/rig-1\/[0-9a-f]{64}$/);
});
