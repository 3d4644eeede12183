/**
 * A block as a proposal carries it: what it executes is in batches that every validator has, so it names those and says
 * which of their items it took. Everything else follows, and the header's roots say whether it followed well.
 */
import {DecodeError} from "../../errors.js";
import {equalBytes} from "../bytes.js";
import {blob, type FieldValue, list, record} from "../cbor/record.js";
import {type Block, coinbaseEntry, header} from "../chain/block.js";
import {BATCHES_MAX, type Batch, batchRef} from "../dag/batch.js";

/** Most transactions, and most proofs, that the batches of one block hold together. */
const OFFERED_MAX = {transactions: 10_000, proofs: 1_000} as const;

export const compactBlock = record("qsdm/compact-block/v1", {
  header,
  /** In their order. */
  batches: list(batchRef, BATCHES_MAX),
  /** One bit for each transaction of the batches in turn, the first in the highest bit: whether the block has it. */
  transactions: blob({max: OFFERED_MAX.transactions / 8}),
  /** The same for proofs. */
  proofs: blob({max: OFFERED_MAX.proofs / 8}),
  coinbase: list(coinbaseEntry, 1_000),
});
export type CompactBlock = FieldValue<typeof compactBlock>;

/** What the batches of a block hold, in their order. */
export type Bodies = readonly Pick<Batch, "transactions" | "proofs">[];

const SECTIONS = ["transactions", "proofs"] as const;
const offered = (bodies: Bodies, section: (typeof SECTIONS)[number]): readonly Uint8Array[] =>
  bodies.flatMap((body) => body[section]);

/** @throws DecodeError BLOCK_NOT_OF_BATCHES when the block holds something that its batches do not, or in another order */
export function compactOf({header, batches, coinbase, ...body}: Block, bodies: Bodies): CompactBlock {
  const [transactions, proofs] = SECTIONS.map((section) => bitsOf(body[section], offered(bodies, section)));
  return {header, batches, transactions: transactions!, proofs: proofs!, coinbase};
}

/**
 * The block that `compact` says, out of the bodies of its batches.
 * @throws DecodeError BITS_INVALID
 */
export function blockOf({header, batches, coinbase, ...bits}: CompactBlock, bodies: Bodies): Block {
  const [transactions, proofs] = SECTIONS.map((section) => taken(bits[section], offered(bodies, section)));
  return {header, transactions: transactions!, proofs: proofs!, coinbase, batches};
}

const mask = (at: number): number => 0x80 >> (at & 7);

function bitsOf(items: readonly Uint8Array[], from: readonly Uint8Array[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(from.length / 8));
  let next = 0;
  from.forEach((each, at) => {
    const item = items[next];
    if (!item || !(item === each || equalBytes(item, each))) return;
    bits[at >> 3]! |= mask(at);
    next++;
  });
  if (next < items.length)
    throw new DecodeError("BLOCK_NOT_OF_BATCHES", `${items.length - next} items are not in the block's batches`);
  return bits;
}

function taken(bits: Uint8Array, from: readonly Uint8Array[]): readonly Uint8Array[] {
  const invalid = (why: string): never => {
    throw new DecodeError("BITS_INVALID", `what a block takes of its batches: ${why}`);
  };
  if (bits.length !== Math.ceil(from.length / 8)) invalid(`${bits.length} bytes for ${from.length} items`);
  for (let at = from.length; at < 8 * bits.length; at++)
    if ((bits[at >> 3]! & mask(at)) !== 0) invalid("a bit of no item is set");
  return from.filter((_, at) => (bits[at >> 3]! & mask(at)) !== 0);
}
