/**
 * Comparison without a bound on what is compared (Damgard and others, 2006): a value x is opened as c = x + r, where the bits of r
 * are shared, and r is held against c bit by bit. As integers x is c - r, and p more where c < r.
 */
import {concat} from "../../../codecs/bytes.js";
import type {BitNode} from "../../../codecs/quorum/ir.js";
import {packElements, unpackElements} from "../field/bytes.js";
import {repeated} from "../field/vector.js";
import {type Authenticated, constants, type Holder, halves, joinAll, sliceOf} from "./authenticated.js";
import {type BitMasks, lowPairs, MASK_BITS, PAIR_PRODUCTS, PAIRS, valuesOf} from "./bit-masks.js";
import {comparePairs, joinEqual, joinRows, pairsOf} from "./bit-tree.js";
import {multiplying, opening, type Subprotocol, sideBySide} from "./subprotocol.js";

/** Bits of a mask that an operation looks at apart from the others; all of them together where it is 0. */
export function splitOf(node: BitNode): number {
  if (node.type === "shr") return node.bits;
  return node.type === "lt" ? 1 : 0;
}

const halvings = (rows: number): number => Math.ceil(Math.log2(rows));

/** What one takes by its split: triples, those of its mask too, and rounds once that is there. */
export function comparisonCost(split: number): {readonly triples: number; readonly rounds: number} {
  const mask = MASK_BITS + PAIR_PRODUCTS;
  if (split === 0) return {triples: mask + PAIRS - 1, rounds: 1 + halvings(PAIRS)};
  const parts = [lowPairs(split), PAIRS - lowPairs(split)];
  const joined = parts.reduce((sum, rows) => sum + 2 * (rows - 1), 0);
  return {triples: mask + joined + 2, rounds: 1 + Math.max(...parts.map(halvings)) + 1};
}

/** Whether values are 0. */
export function* isZero(holder: Holder, values: Authenticated, masks: BitMasks): Subprotocol<Authenticated> {
  const {field} = holder.party;
  const mask = valuesOf(holder, masks);
  const numbers = yield* opening(halves((half) => field.add(half(values), half(mask))));
  return yield* joinEqual(comparePairs(holder, masks, numbers).equal, masks.count);
}

/** Whether values are above (p-1)/2, and so stand for negative numbers: twice such a value is odd, as p is. */
export const isNegative = (holder: Holder, values: Authenticated, masks: BitMasks): Subprotocol<Authenticated> =>
  lowBits(
    holder,
    halves((half) => holder.party.field.add(half(values), half(values))),
    masks,
  );

/** What makes signed numbers positive: it is a multiple of every power of two that is shifted by. */
const OFFSET_BITS = 125n;

/** Signed numbers over 2^split, rounded down. */
export function* shiftRight(holder: Holder, values: Authenticated, masks: BitMasks): Subprotocol<Authenticated> {
  const {field} = holder.party;
  const {split, count} = masks;
  const same = (value: bigint): Authenticated => constants(holder, repeated(packElements([value]), count));
  const raised = same(1n << OFFSET_BITS);
  const positive = halves((half) => field.add(half(values), half(raised)));
  const rest = yield* lowBits(holder, positive, masks);
  // 2^127 is 1.
  const inverse = 1n << BigInt(MASK_BITS - split);
  const weights = packElements([inverse, -inverse, -1n]);
  const lowered = same(1n << (OFFSET_BITS - BigInt(split)));
  return halves((half) => field.combine(weights, concat(half(positive), half(rest), half(lowered))));
}

/** Values modulo 2^split, taken as integers from 0 to p - 1. */
function* lowBits(holder: Holder, values: Authenticated, masks: BitMasks): Subprotocol<Authenticated> {
  const {field} = holder.party;
  const {split, count} = masks;
  const [mask, lowMask] = [valuesOf(holder, masks), valuesOf(holder, masks, lowPairs(split))];
  const numbers = yield* opening(halves((half) => field.add(half(values), half(mask))));
  const pairs = comparePairs(holder, masks, numbers);
  const parts = [pairsOf(pairs, count, 0, lowPairs(split)), pairsOf(pairs, count, lowPairs(split), PAIRS)];
  const [low, high] = yield* sideBySide(parts.map((part) => joinRows(holder, part, count)));
  const range = 1n << BigInt(split);
  const lows = unpackElements(numbers).map((each) => each & (range - 1n));
  const products = yield* multiplying(joinAll([high!.equal, high!.greater]), joinAll([low!.greater, low!.equal]));
  const less = sliceOf(products, 0, count);
  const both = sliceOf(products, count, 2 * count);
  // p is -1 modulo 2^split: where c < r, the low bits are those of c - 1 - r. They run below 0 where c's are less than r's, and by
  // the 1 also where they are the same and those above are less.
  const weights = packElements([-1n, range, -1n, -1n, range]);
  const rest = halves((half) =>
    field.combine(weights, concat(...[lowMask, low!.greater, high!.greater, less, both].map(half))),
  );
  const known = constants(holder, packElements(lows));
  return halves((half) => field.add(half(rest), half(known)));
}
