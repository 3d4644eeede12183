import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {encodeCbor} from "../../src/codecs/cbor/cbor.js";
import {type Certificate, voteContent} from "../../src/codecs/chain/block.js";
import type {CompactBlock} from "../../src/codecs/consensus/compact-block.js";
import {
  type ConsensusMessage,
  decodeMessage,
  encodeMessage,
  proposalContent,
  timeoutContent,
  VALIDATORS_MAX,
} from "../../src/codecs/consensus/messages.js";

const SIGNATURE = new Uint8Array(2420).fill(7);
const u64 = fc.bigInt({min: 0n, max: (1n << 64n) - 1n});
const digest = fc.uint8Array({minLength: 32, maxLength: 32}).map(hexOf);
const validator = fc.nat({max: VALIDATORS_MAX});
const signature = fc.constant(SIGNATURE);
const certificate: fc.Arbitrary<Certificate> = fc.record({
  epoch: u64,
  height: u64,
  view: u64,
  blockId: digest,
  votes: fc.array(fc.record({validator, signature}), {maxLength: 4}),
});
const timeouts = fc.record({
  epoch: u64,
  view: u64,
  timeouts: fc.array(fc.record({validator, highView: u64, highBlockId: digest, signature}), {maxLength: 4}),
  highCertificate: certificate,
});
const block: fc.Arbitrary<CompactBlock> = fc
  .record({height: u64, epoch: u64, view: u64, timeMs: u64, root: digest, count: fc.nat({max: 10})})
  .map(({root, count, ...rest}) => ({
    header: {
      ...rest,
      chainId: "qsdm-test",
      parentId: root,
      parentStateRoot: root,
      parentReceiptsRoot: root,
      transactionsRoot: root,
      proofsRoot: root,
      coinbaseRoot: root,
      batchesRoot: root,
      transactionCount: count,
      proofCount: count,
      coinbaseCount: count,
      batchCount: count,
      baseFeeDust: rest.view,
      gasUsed: rest.height,
      proposer: root,
    },
    batches: [{round: rest.height, creator: 3, batchId: root}],
    transactions: Uint8Array.of(1, 2),
    proofs: Uint8Array.of(3),
    coinbase: [{to: root, amountDust: 5n}],
  }));
const message: fc.Arbitrary<ConsensusMessage> = fc.oneof(
  fc.record({
    type: fc.constant("proposal" as const),
    proposal: fc.record({block, justify: certificate, timeouts: fc.option(timeouts), validator, signature}),
  }),
  fc.record({
    type: fc.constant("vote" as const),
    vote: fc.record({epoch: u64, height: u64, view: u64, blockId: digest, validator, signature}),
  }),
  fc.record({
    type: fc.constant("timeout" as const),
    timeout: fc.record({
      epoch: u64,
      view: u64,
      highCertificate: certificate,
      entered: fc.option(timeouts),
      validator,
      signature,
    }),
  }),
);

test("every message survives encode and decode", () => {
  fc.assert(
    fc.property(message, (value) => {
      const bytes = encodeMessage(value);
      const decoded = decodeMessage(bytes);
      expect(decoded.type).toBe(value.type);
      expect(hexOf(encodeMessage(decoded))).toBe(hexOf(bytes));
      // Records of fast-check have no prototype.
      expect(decoded).toEqual(structuredClone(value));
    }),
    {numRuns: 60},
  );
});

test("whatever the bytes, a decoder refuses with a code", () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.nat({max: 255}), (value, at, byte) => {
      const bytes = encodeMessage(value).slice();
      bytes[at % Math.min(bytes.length, 400)] = byte;
      let decoded: ConsensusMessage;
      try {
        decoded = decodeMessage(bytes);
      } catch (error) {
        expect(error).toMatchObject({name: "DecodeError"});
        return;
      }
      expect(hexOf(encodeMessage(decoded))).toBe(hexOf(bytes));
    }),
    {numRuns: 100},
  );
});

describe("a message is refused", () => {
  test.each<[string, string, Uint8Array]>([
    ["of an unknown kind", "MESSAGE_UNKNOWN", encodeCbor(["qsdm/else/v1"])],
    ["that is no record", "MESSAGE_UNKNOWN", encodeCbor(7)],
    ["named like a member that every object has", "MESSAGE_UNKNOWN", encodeCbor(["toString"])],
    ["with fields left out", "FIELD_INVALID", encodeCbor(["qsdm/vote-message/v1", 0])],
    ["with trailing bytes", "CBOR_INVALID", Uint8Array.of(0x80, 0)],
  ])("%s", (_what, code, bytes) => {
    expect(() => decodeMessage(bytes)).toThrowError(expect.objectContaining({code}));
  });
});

test("what is signed differs by kind, chain, epoch, view and block", () => {
  const content = {chainId: "a", epoch: 1n, height: 2n, view: 3n, blockId: "ab".repeat(32)};
  const timeout = {chainId: "a", epoch: 1n, view: 3n, highView: 2n, highBlockId: content.blockId};
  const forms = [
    voteContent.encode(content),
    proposalContent.encode(content),
    timeoutContent.encode(timeout),
    ...[{chainId: "b"}, {epoch: 2n}, {height: 3n}, {view: 4n}, {blockId: "cd".repeat(32)}].map((change) =>
      voteContent.encode({...content, ...change}),
    ),
  ];
  expect(new Set(forms.map(hexOf)).size).toBe(forms.length);
});
