import {describe, expect, test} from "vitest";
import {equalBytes} from "../../../../src/codecs/bytes.js";
import type {Certificate} from "../../../../src/codecs/chain/block.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {checkCertificate, voteBytes} from "../../../../src/node/consensus/votes/certificate.js";
import {Committee, isQuorum, type Voter} from "../../../../src/node/consensus/votes/committee.js";

const voters: Voter[] = [0, 1, 2, 3].map((i) => ({publicKey: new Uint8Array(1312).fill(i), power: 1n}));
// A keyed digest of the right size stands for the signature: these rules treat it as opaque bytes.
const sign = (index: number, message: Uint8Array): Uint8Array => {
  const out = new Uint8Array(2420);
  out.set(sha3(voters[index]!.publicKey, message));
  return out;
};
const verify = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  equalBytes(signature.subarray(0, 32), sha3(key, message));
const committee = new Committee(0n, voters, {rotation: "by-power", quorum: "above-two-thirds"});
const VOTE = {chainId: "test", height: 7n, blockId: "ab".repeat(32)};

const certificate = (indexes: readonly number[], change: Partial<typeof VOTE> = {}): Certificate => ({
  epoch: 0n,
  height: 7n,
  view: 7n,
  blockId: VOTE.blockId,
  votes: indexes.map((validator) => ({
    validator,
    signature: sign(validator % 4, voteBytes({...VOTE, ...change, epoch: 0n, view: 7n})),
  })),
});
const check = (value: Certificate): void => checkCertificate(value, {chainId: "test", committee, verify});

test("three of four equal voters are a quorum", () => {
  expect(() => check(certificate([0, 1, 3]))).not.toThrow();
});

describe("a certificate is refused", () => {
  test.each<[string, Certificate]>([
    ["with exactly half the power", certificate([0, 1])],
    ["with a voter counted twice", certificate([0, 1, 1])],
    ["with voters out of order", certificate([1, 0, 2])],
    ["with a voter who does not exist", certificate([0, 1, 4])],
    ["with votes for another block", certificate([0, 1, 2], {blockId: "cd".repeat(32)})],
    ["with votes from another chain", certificate([0, 1, 2], {chainId: "other"})],
    ["with votes for another height", certificate([0, 1, 2], {height: 8n})],
    ["with votes of another view", {...certificate([0, 1, 2]), view: 8n}],
    ["with votes of another epoch", {...certificate([0, 1, 2]), epoch: 1n}],
    [
      "with a tampered signature",
      {...certificate([0, 1]), votes: [...certificate([0, 1]).votes, {validator: 2, signature: new Uint8Array(2420)}]},
    ],
  ])("%s", (_what, value) => {
    expect(() => check(value)).toThrowError(expect.objectContaining({code: "CERTIFICATE_INVALID"}));
  });
});

test.each([
  [2n, 3n, false],
  [3n, 3n, true],
  [66n, 99n, false],
  [67n, 99n, true],
  [1n, 1n, true],
  [0n, 0n, false],
])("%s of %s voting power: quorum is %s", (power, total, expected) => {
  expect(isQuorum(power, total)).toBe(expected);
});

test.each<[bigint, boolean, boolean]>([
  [3n, false, false],
  [4n, false, true],
  [5n, true, true],
])("%s of 6: above two thirds %s, two thirds %s", (power, strict, ancestor) => {
  expect(isQuorum(power, 6n)).toBe(strict);
  expect(isQuorum(power, 6n, "two-thirds")).toBe(ancestor);
});
