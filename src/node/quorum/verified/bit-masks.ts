/**
 * Masks whose bits are shared: r is the number that 127 random bits make. It is uniform in the field but for p, all ones, which
 * stands for 0 once more: that comes up once in 2^127 times.
 *
 * Bits are taken in pairs, each with its product: whatever public number the mask is held against, what a pair says of the
 * comparison is a sum of these three, so the products are made before that number is there.
 */
import {concat} from "../../../codecs/bytes.js";
import {packElements} from "../field/bytes.js";
import {type Vector, zeros} from "../field/vector.js";
import {type Authenticated, type AuthenticatedTriples, type Holder, halves, joinAll, sliceOf} from "./authenticated.js";
import {randomBits} from "./bits.js";
import {multiplying, type Subprotocol, sideBySide} from "./subprotocol.js";

export const MASK_BITS = 127;
/** Pairs of bits of a mask; one of them is a single bit with nothing above it. */
export const PAIRS = 64;
/** Products that a mask takes beside its bits. */
export const PAIR_PRODUCTS = PAIRS - 1;
/** Until masks are there: two for their bits, and one for the products. */
export const MASK_ROUNDS = 3;

/**
 * Masks side by side, whose lower `split` bits are looked at apart from the others. Pairs go up from the lowest bit, and above the
 * split anew; single is the topmost bit of the part that has an odd number.
 */
export interface BitMasks {
  readonly split: number;
  readonly count: number;
  /** The lower bit of each pair: `PAIRS` rows of `count`. */
  readonly lows: Authenticated;
  readonly highs: Authenticated;
  readonly products: Authenticated;
}

/** Pairs of the lower `split` bits. */
export const lowPairs = (split: number): number => Math.ceil(split / 2);

/** The bit that each pair begins with. */
export const pairStarts = (split: number): readonly number[] =>
  Array.from({length: PAIRS}, (_, at) => (at < lowPairs(split) ? 2 * at : split + 2 * (at - lowPairs(split))));

/** The pair that is a single bit. */
export const singlePair = (split: number): number => (split % 2 === 1 ? lowPairs(split) : PAIRS) - 1;

/** Masks out of `MASK_BITS` random bits each, in one round. */
function* bitMasks(bits: Authenticated, {split, count}: Pick<BitMasks, "split" | "count">): Subprotocol<BitMasks> {
  const single = singlePair(split);
  const rows = (from: number, to: number): Authenticated => sliceOf(bits, from * count, to * count);
  const [lows, highs] = [rows(0, PAIRS), rows(PAIRS, MASK_BITS)];
  const paired = joinAll([rows(0, single), rows(single + 1, PAIRS)]);
  const products = yield* multiplying(paired, highs);
  const nothing = {shares: zeros(count), macs: zeros(count)};
  const withSingle = (value: Authenticated): Authenticated =>
    joinAll([sliceOf(value, 0, single * count), nothing, sliceOf(value, single * count, PAIR_PRODUCTS * count)]);
  return {split, count, lows, highs: withSingle(highs), products: withSingle(products)};
}

/** Masks of several kinds, out of a triple for each bit. What opens on the way has to be checked before they hide anything. */
export function* makeMasks(
  holder: Holder,
  triples: AuthenticatedTriples,
  kinds: readonly Pick<BitMasks, "split" | "count">[],
): Subprotocol<readonly BitMasks[]> {
  const bits = yield* randomBits(holder, triples);
  let used = 0;
  const parts = kinds.map((kind) => {
    const from = used;
    used += kind.count * MASK_BITS;
    return bitMasks(sliceOf(bits, from, used), kind);
  });
  return yield* sideBySide(parts);
}

/** The numbers that the bits of the first `pairs` pairs make. */
export function valuesOf(
  {party: {field}}: Holder,
  {split, count, lows, highs}: BitMasks,
  pairs = PAIRS,
): Authenticated {
  const starts = pairStarts(split).slice(0, pairs);
  const weights = packElements([...starts.map((bit) => 1n << BigInt(bit)), ...starts.map((bit) => 2n << BigInt(bit))]);
  const matrix = (half: (value: Authenticated) => Vector): Vector =>
    concat(...[lows, highs].map((each) => half(sliceOf(each, 0, pairs * count))));
  return halves((half) => field.combine(weights, matrix(half)));
}
