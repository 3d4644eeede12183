/** Bits of masks held against the same bits of public numbers: pair by pair, and from these upwards two by two. */
import {concat} from "../../../codecs/bytes.js";
import {ELEMENT_BYTES} from "../field/bytes.js";
import {gathered, ones, slice, subtract, type Vector, zeros} from "../field/vector.js";
import {type Authenticated, constants, type Holder, halves, joinAll, sliceOf} from "./authenticated.js";
import {type BitMasks, PAIRS, pairStarts, singlePair} from "./bit-masks.js";
import {multiplying, type Subprotocol} from "./subprotocol.js";

/** What bits of masks are to those of numbers: rows of `count` ones and zeros, from the lowest bits up. */
export interface Compared {
  readonly greater: Authenticated;
  readonly equal: Authenticated;
}

/** Each pair of bits of each mask against those of its number: sums alone. */
export function comparePairs(holder: Holder, masks: BitMasks, numbers: Vector): Compared {
  const {field} = holder.party;
  const {lows, highs, products, count} = masks;
  const places = placesBy(masks, numbers);
  const one = constants(holder, ones(PAIRS * count));
  const pick = (half: (value: Authenticated) => Vector): {readonly greater: Vector; readonly equal: Vector} => {
    const [low, high, both] = [half(lows), half(highs), half(products)];
    const either = subtract(field, field.add(low, high), both);
    const [lowAlone, highAlone] = [subtract(field, low, both), subtract(field, high, both)];
    // Against 0, 1, 2 and 3.
    const greater = concat(either, high, both, zeros(PAIRS * count));
    const equal = concat(subtract(field, half(one), either), lowAlone, highAlone, both);
    return {greater: gathered(greater, places), equal: gathered(equal, places)};
  };
  const [shares, macs] = [pick((value) => value.shares), pick((value) => value.macs)];
  return {
    greater: {shares: shares.greater, macs: macs.greater},
    equal: {shares: shares.equal, macs: macs.equal},
  };
}

/** Where that stands by the bits of the numbers, in four matrices one after the other. */
function placesBy({split, count}: BitMasks, numbers: Vector): Int32Array {
  const places = new Int32Array(PAIRS * count);
  const single = singlePair(split);
  for (const [pair, start] of pairStarts(split).entries())
    for (let at = 0; at < count; at++) {
      const bits = bitOf(numbers, at, start) + (pair === single ? 0 : 2 * bitOf(numbers, at, start + 1));
      places[pair * count + at] = (bits * PAIRS + pair) * count + at;
    }
  return places;
}

const bitOf = (numbers: Vector, at: number, bit: number): number =>
  (numbers[ELEMENT_BYTES * at + (bit >> 3)]! >> (bit & 7)) & 1;

/** Pairs from `from` to before `to`. */
export const pairsOf = ({greater, equal}: Compared, count: number, from: number, to: number): Compared => ({
  greater: sliceOf(greater, from * count, to * count),
  equal: sliceOf(equal, from * count, to * count),
});

/** All rows as one: greater above, or the same above and greater below. A round for each halving. */
export function* joinRows({party: {field}}: Holder, compared: Compared, count: number): Subprotocol<Compared> {
  let {greater, equal} = compared;
  for (let rows = rowsIn(equal, count); rows > 1; rows = rowsIn(equal, count)) {
    const [more, same] = [halved(greater, count), halved(equal, count)];
    const products = yield* multiplying(joinAll([same.above, same.above]), joinAll([more.below, same.below]));
    const half = (rows >> 1) * count;
    const below = sliceOf(products, 0, half);
    greater = joinAll([halves((of) => field.add(of(more.above), of(below))), more.top]);
    equal = joinAll([sliceOf(products, half, 2 * half), same.top]);
  }
  return {greater, equal};
}

/** Whether all rows are the same. A round for each halving. */
export function* joinEqual(equal: Authenticated, count: number): Subprotocol<Authenticated> {
  let same = equal;
  while (rowsIn(same, count) > 1) {
    const {above, below, top} = halved(same, count);
    same = joinAll([yield* multiplying(above, below), top]);
  }
  return same;
}

const rowsIn = ({shares}: Authenticated, count: number): number => shares.length / ELEMENT_BYTES / count;

/** The upper and the lower row of each two, and the topmost where nothing is left for it. */
function halved(value: Authenticated, count: number) {
  const rows = rowsIn(value, count);
  const take = (places: readonly number[]): Authenticated =>
    halves((half) => concat(...places.map((place) => slice(half(value), place * count, (place + 1) * count))));
  const evens = Array.from({length: rows >> 1}, (_, at) => 2 * at);
  return {
    above: take(evens.map((place) => place + 1)),
    below: take(evens),
    top: sliceOf(value, 2 * evens.length * count, rows * count),
  };
}
