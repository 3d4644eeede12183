import {describe, expect, test} from "vitest";
import {proofIdOf} from "../../../../src/codecs/mining/proof.js";
import {freshnessCheat} from "../../../../src/codecs/slashing/freshness-cheat.js";
import {RuleError} from "../../../../src/errors.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {readFreshnessCheat} from "../../../../src/node/ledger/slashing/freshness-cheat.js";
import {type Anchor, type AnchorWitness, REFUSE_ANCHORS} from "../../../../src/node/ledger/slashing/witness.js";
import {mlDsa87} from "../../../support/accounts.js";
import {testGenesis} from "../../../support/chain.js";
import {recordOf, signedBy, solved, testRig} from "../../../support/mining.js";

const rig = testRig("rig-1");
const proof = signedBy(rig, solved(rig));
const {issuedAt} = proof.attestation;
const params = chainParamsOf(testGenesis([]));
// Window of 60 s and grace of 30 s.
const STALE = issuedAt + 91n;

/** The witness of a chain that certified one header. */
const certified = (blockTime: bigint, seen: Anchor[] = []): AnchorWitness => ({
  check(anchor) {
    seen.push(anchor);
    if (anchor.blockTime !== blockTime) throw new RuleError("ANCHOR_UNVERIFIABLE", "another header is certified");
  },
});
const offenceOf = ({blockTime = STALE, height = proof.height, by = proof, nodeId = "rig-1", memo = ""} = {}) =>
  readFreshnessCheat(
    freshnessCheat.encode({proof: by, anchorHeight: height, anchorBlockTime: blockTime, memo}),
    nodeId,
  );
const prove = (offence: ReturnType<typeof offenceOf>, witness: AnchorWitness, record = recordOf(rig)) =>
  offence.prove({record, block: {params, verifySignature: mlDsa87.verify}, witness});

test("a signed proof over a challenge 91 s older than the certified header that it quotes is an offence", () => {
  const seen: Anchor[] = [];
  expect(() => prove(offenceOf(), certified(STALE, seen))).not.toThrow();
  const {height, headerHash} = proof;
  expect(seen).toEqual([{height, headerHash, blockTime: STALE, proofId: proofIdOf(proof)}]);
});

describe("nothing is proven", () => {
  test("by 90 s, which are window and grace", () => {
    const at = issuedAt + 90n;
    expect(() => prove(offenceOf({blockTime: at}), certified(at))).toThrow("90 s old, at most 90 s are allowed");
  });

  test("by a header from before the challenge", () => {
    const at = issuedAt - 1n;
    expect(() => prove(offenceOf({blockTime: at}), certified(at))).toThrow("-1 s old");
  });

  test("on a chain without certified headers", () => {
    expect(() => prove(offenceOf(), REFUSE_ANCHORS)).toThrow("no certified header at height 10");
  });

  test("with a time that the chain did not certify", () => {
    expect(() => prove(offenceOf(), certified(STALE - 50n))).toThrow("another header is certified");
  });

  test("by a later header than the proof quotes, so that nobody gains by holding a proof back", () => {
    expect(() => offenceOf({height: proof.height + 1n})).toThrow("the anchor is at height 11, the proof at 10");
  });

  test("against a node whose key did not sign (Q44)", () => {
    const framed = signedBy({...testRig("stranger"), nodeId: "rig-1"}, solved(rig));
    expect(() => prove(offenceOf({by: framed}), certified(STALE))).toThrow(/signature does not verify/);
  });

  test("by a proof of another node or of an earlier enrollment", () => {
    expect(() => offenceOf({nodeId: "rig-2"})).toThrow("a proof is of node rig-1, the accused is rig-2");
    const later = {...recordOf(rig), enrolledAtHeight: 11n};
    expect(() => prove(offenceOf(), certified(STALE), later)).toThrow("older than the enrollment");
  });
});

test("one stale proof is one offence, whatever memo and time the evidence carries", () => {
  const keys = [offenceOf(), offenceOf({memo: "again"}), offenceOf({blockTime: STALE + 9n})].map((o) => o.replayKey);
  expect(new Set(keys).size).toBe(1);
});
