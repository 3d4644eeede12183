import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {encodeCbor} from "../../../src/codecs/cbor/cbor.js";
import type {Certificate, Header} from "../../../src/codecs/chain/block.js";
import {
  blocksAnswer,
  blocksRequest,
  type Certified,
  HEADERS_MAX,
  headersAnswer,
  headersRequest,
  INLINE_BLOCKS_MAX,
  RANGE_BLOCKS_MAX,
  SYNC_REQUEST_MAX_BYTES,
} from "../../../src/codecs/network/sync.js";
import {genesisBlock} from "../../../src/node/ledger/chain/genesis.js";
import {testGenesis} from "../../support/chain.js";
import {codeOf, expectLaws} from "../laws.js";

const u64 = fc.bigInt({min: 0n, max: (1n << 64n) - 1n});
const u32 = fc.nat(2 ** 32 - 1);
const digest = fc.uint8Array({minLength: 32, maxLength: 32}).map(hexOf);
const zero = genesisBlock(testGenesis([])).block.header;
const header: fc.Arbitrary<Header> = fc
  .record({height: u64, epoch: u64, view: u64, timeMs: u64, parentId: digest, transactionCount: u32})
  .map((some) => ({...zero, ...some}));
const signature = fc.constant(new Uint8Array(2420).fill(7));
const votes = fc.array(fc.record({validator: fc.nat(999), signature}), {maxLength: 2});
const certificate: fc.Arbitrary<Certificate> = fc.record({epoch: u64, height: u64, view: u64, blockId: digest, votes});
const items = fc.array(fc.uint8Array({minLength: 1, maxLength: 9}), {maxLength: 3});
const certified: fc.Arbitrary<Certified> = fc.record({
  block: fc.record({
    header,
    transactions: items,
    proofs: items,
    coinbase: fc.array(fc.record({to: digest, amountDust: u64}), {maxLength: 2}),
    batches: fc.array(fc.record({round: u64, creator: fc.nat(999), batchId: digest}), {maxLength: 2}),
  }),
  certificate,
});
const plain = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T> => values.map((value) => structuredClone(value));

describe("messages of catching up", () => {
  test("obey the laws of codecs", () => {
    expectLaws(headersRequest, plain(fc.record({epoch: u64, from: u64, count: u32})));
    expectLaws(
      headersAnswer,
      plain(
        fc.record({
          newest: u64,
          whole: u64,
          headers: fc.array(header, {maxLength: 3}),
          certificate: fc.option(certificate),
          blocks: fc.array(certified, {maxLength: 2}),
        }),
      ),
    );
    const ids = fc.array(digest, {maxLength: 4});
    expectLaws(blocksRequest, plain(fc.record({epoch: u64, from: u64, ids})));
    expectLaws(blocksAnswer, plain(fc.record({blocks: fc.array(certified, {maxLength: 3})})));
  });

  test("hold no more than they may", () => {
    const many = (count: number): null[] => Array.from({length: count + 1}, () => null);
    const refused = [
      () => headersAnswer.decode(encodeCbor(["qsdm/headers-answer/v2", 0, 1, many(HEADERS_MAX), null, []])),
      () => headersAnswer.decode(encodeCbor(["qsdm/headers-answer/v2", 0, 1, [], null, many(INLINE_BLOCKS_MAX)])),
      () => blocksRequest.decode(encodeCbor(["qsdm/blocks-request/v1", 0, 0, many(RANGE_BLOCKS_MAX)])),
      () => blocksAnswer.decode(encodeCbor(["qsdm/blocks-answer/v1", many(RANGE_BLOCKS_MAX)])),
    ];
    for (const each of refused) {
      expect(codeOf(each)).toBe("FIELD_INVALID");
      expect(each).toThrowError(/at most/);
    }
  });

  test("a request for the longest range fits its limit", () => {
    const ids = Array.from({length: RANGE_BLOCKS_MAX}, () => "ff".repeat(32));
    const longest = blocksRequest.encode({epoch: 2n ** 64n - 1n, from: 2n ** 64n - 1n, ids});
    expect(longest.length).toBeLessThanOrEqual(SYNC_REQUEST_MAX_BYTES);
  });
});
