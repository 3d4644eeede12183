import {readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {qsdmEvidence} from "../../../src/codecs/qsdm-chain/evidence.js";
import {qsdmTextDigest} from "../../../src/codecs/qsdm-chain/tagged.js";
import {qsdmCertificate, qsdmLockProof, qsdmVote} from "../../../src/codecs/qsdm-chain/votes.js";
import {DecodeError} from "../../../src/errors.js";

interface VoteCase {
  readonly kind: string;
  readonly expect: {readonly preimage_utf8: string; readonly digest: string};
}

const read = (name: string) => JSON.parse(readFileSync(`${import.meta.dirname}/${name}.vectors.json`, "utf8"));
const votes = (read("bft") as {cases: VoteCase[]}).cases.filter(({kind}) => kind === "vote_digest");

test("what the reference's validators signed is read, written again and named as they did", () => {
  expect(votes.length).toBeGreaterThan(20);
  for (const {expect: recorded} of votes) {
    const bytes = utf8(recorded.preimage_utf8);
    expect(qsdmVote.encode(qsdmVote.decode(bytes))).toEqual(bytes);
    expect(qsdmTextDigest(bytes)).toBe(recorded.digest);
  }
});

test("certificates, proofs of lock and evidence come back as they were written", () => {
  const certificate = {
    ...{height: 7n, round: 1, proposer: "p|v:1:x", blockHash: "b", commitDigest: "", commitCount: 2, nilCommitCount: 0},
    validators: ["é", "a", "b"].sort(),
  };
  expect(qsdmCertificate.decode(qsdmCertificate.encode(certificate))).toEqual(certificate);
  const prevotes = [
    {validator: "a", blockHash: "1", round: 0},
    {validator: "a", blockHash: "2", round: 3},
  ];
  const proof = {height: 7n, round: 1, lockedBlockHash: "b", carriedFromLock: "", prevotes};
  expect(qsdmLockProof.decode(qsdmLockProof.encode(proof))).toEqual(proof);
  const evidence = {
    type: "equivocation",
    validator: "v",
    height: 1n,
    round: 0,
    blockHashes: ["a", "b"],
    details: "x|y\nz",
  };
  expect(qsdmEvidence.decode(qsdmEvidence.encode(evidence))).toEqual(evidence);
});

test.each([
  ["another kind of vote", qsdmVote, "qsdm/bft/v1|bft_commit|h:1|r:0|s:1:a|v:1:b|b:0:"],
  ["a length that is too long", qsdmVote, "qsdm/bft/v1|bft_prevote|h:1|r:0|s:9:a|v:1:b|b:0:"],
  ["a length with a zero before it", qsdmVote, "qsdm/bft/v1|bft_prevote|h:1|r:0|s:01:a|v:1:b|b:0:"],
  ["a height above 64 bits", qsdmVote, "qsdm/bft/v1|bft_prevote|h:18446744073709551616|r:0|s:1:a|v:1:b|b:0:"],
  ["something behind the end", qsdmVote, "qsdm/bft/v1|bft_prevote|h:1|r:0|s:1:a|v:1:b|b:0:|"],
  [
    "validators out of order",
    qsdmCertificate,
    "qsdm/pol/cert/v1|h:1:7|r:1:1|p:0:|bh:0:|cd:0:|cc:1:0|nc:1:0|vn:1:2|v:1:b|v:1:a",
  ],
  [
    "more prevotes than there are",
    qsdmLockProof,
    "qsdm/pol/proof/v1|h:1:7|r:1:1|lb:0:|cf:0:|pn:1:9|pv:1:a|ph:1:b|pr:1:0",
  ],
  ["hashes out of order", qsdmEvidence, "equivocation|v|1|0|[b a]|"],
  ["no evidence at all", qsdmEvidence, "equivocation"],
] as const)("refused: %s", (_name, codec, text) => {
  expect(() => codec.decode(utf8(text))).toThrow(DecodeError);
});
