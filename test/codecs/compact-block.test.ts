import fc from "fast-check";
import {describe, expect, test} from "vitest";
import type {Block} from "../../src/codecs/chain/block.js";
import {blockOf, type CompactBlock, compactBlock, compactOf} from "../../src/codecs/consensus/compact-block.js";
import {genesisBlock} from "../../src/node/ledger/chain/genesis.js";
import {testGenesis} from "../support/chain.js";
import {expectLaws} from "./laws.js";

const {header} = genesisBlock(testGenesis([])).block;
const items = fc.array(fc.uint8Array({minLength: 1, maxLength: 3}), {maxLength: 12});
const bodies = fc.array(fc.record({transactions: items, proofs: items}), {maxLength: 4});
/** Bodies, and which of their items a block takes. */
const taken = bodies.chain((all) => {
  const count = (name: "transactions" | "proofs") => all.flatMap((each) => each[name]).length;
  const flags = (length: number) => fc.array(fc.boolean(), {minLength: length, maxLength: length});
  return fc.record({
    bodies: fc.constant(all),
    transactions: flags(count("transactions")),
    proofs: flags(count("proofs")),
  });
});
const blockWith = (transactions: readonly Uint8Array[], proofs: readonly Uint8Array[] = []): Block => ({
  header,
  transactions,
  proofs,
  coinbase: [],
  batches: [],
});
const bytes = (...all: number[]): Uint8Array[] => all.map((each) => Uint8Array.of(each));

describe("a block of batches", () => {
  test("is the same again, whatever it takes of them", () => {
    fc.assert(
      fc.property(taken, ({bodies: of, ...flags}) => {
        const pick = (name: "transactions" | "proofs") =>
          of.flatMap((each) => each[name]).filter((_, i) => flags[name][i]);
        const block = blockWith(pick("transactions"), pick("proofs"));
        expect(blockOf(compactOf(block, of), of)).toEqual(block);
      }),
    );
  });

  test("names an item by one bit, the first by the highest", () => {
    const of = [
      {transactions: bytes(1, 2, 3), proofs: []},
      {transactions: bytes(4, 5, 6, 7, 8, 9), proofs: bytes(1)},
    ];
    const compact = compactOf(blockWith(bytes(1, 4, 9), bytes(1)), of);
    expect(compact.transactions).toEqual(Uint8Array.of(0b1001_0000, 0b1000_0000));
    expect(compact.proofs).toEqual(Uint8Array.of(0b1000_0000));
  });

  test("holds nothing that they do not, and keeps their order", () => {
    const of = [{transactions: bytes(1, 2), proofs: []}];
    for (const other of [bytes(3), bytes(2, 1), bytes(1, 1)])
      expect(() => compactOf(blockWith(other), of)).toThrowError(
        expect.objectContaining({code: "BLOCK_NOT_OF_BATCHES"}),
      );
  });

  test("is refused with bits of no item, too few and too many", () => {
    const of = [{transactions: bytes(1, 2), proofs: []}];
    const sound = compactOf(blockWith(bytes(1)), of);
    for (const bits of [[0b1010_0000], [0b1000_0001], [], [0b1000_0000, 0]])
      expect(() => blockOf({...sound, transactions: Uint8Array.from(bits)}, of)).toThrowError(
        expect.objectContaining({code: "BITS_INVALID"}),
      );
  });

  test("travels as canonical bytes", () => {
    const digest = fc.constantFrom("11".repeat(32), "ab".repeat(32));
    const ref = fc.record({round: fc.bigInt({min: 0n, max: 2n ** 64n - 1n}), creator: fc.nat(999), batchId: digest});
    const bits = fc.uint8Array({maxLength: 8});
    const compacts: fc.Arbitrary<CompactBlock> = fc.record({
      header: fc.constant(header),
      batches: fc.array(ref, {maxLength: 3}),
      transactions: bits,
      proofs: bits,
      coinbase: fc.array(fc.record({to: digest, amountDust: fc.bigInt({min: 0n, max: 2n ** 64n - 1n})}), {
        maxLength: 2,
      }),
    });
    expectLaws(compactBlock, compacts);
  });
});
