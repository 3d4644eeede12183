import {expect, test} from "vitest";
import {
  canonical16,
  isNan16,
  NUMBER_OF_16,
  narrow,
  numberOf32,
  patternOf32,
  widen,
} from "../../../../src/node/ledger/mining/fp16.js";
import {rowDot, tensorStep} from "../../../../src/node/ledger/mining/tensor.js";

/** What IEEE 754 says that a binary16 pattern is worth. */
function valueOf16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1_024) * 2 ** (exponent - 15));
}

test("all 65,536 patterns widen to their value and narrow back", () => {
  for (let half = 0; half < 0x1_0000; half++) {
    const single = widen(half);
    if (!Object.is(numberOf32(single), valueOf16(half))) expect.fail(`${half.toString(16)} widens to ${single}`);
    if (narrow(single) !== canonical16(half)) expect.fail(`${half.toString(16)} comes back as ${narrow(single)}`);
    if (!Object.is(NUMBER_OF_16[half], valueOf16(half))) expect.fail(`table entry ${half.toString(16)}`);
  }
});

test("between two neighbours the nearer one is taken, and the even one from the middle", () => {
  for (let half = 0; half < 0x7bff; half++) {
    const [low, high] = [valueOf16(half), valueOf16(half + 1)];
    // The middle of two binary16 values is a binary32 value.
    const middle = (low + high) / 2;
    const even = half % 2 === 0 ? half : half + 1;
    const below = narrow(patternOf32(Math.fround(low + (middle - low) / 2)));
    const above = narrow(patternOf32(Math.fround(high - (high - middle) / 2)));
    if (narrow(patternOf32(middle)) !== even || below !== half || above !== half + 1)
      expect.fail(`around ${half.toString(16)}: ${below}, ${narrow(patternOf32(middle))}, ${above}`);
  }
});

test.each([
  [2 ** -25, 0x0000],
  [2 ** -25 * (1 + 2 ** -23), 0x0001],
  [65_519.996_093_75, 0x7bff],
  [65_520, 0x7c00],
  [-65_520, 0xfc00],
  [Number.NaN, 0x7e00],
  [-0, 0x8000],
  [Number.NEGATIVE_INFINITY, 0xfc00],
])("%d narrows to its edge pattern", (value, half) => expect(narrow(patternOf32(value))).toBe(half));

test("every NaN becomes the one NaN, and nothing else does", () => {
  expect([0x7c00, 0x7c01, 0x7e00, 0xfc01, 0xffff].map(isNan16)).toEqual([false, true, true, true, true]);
  expect([0x7c01, 0xffff, 0xfc00, 0x8000].map(canonical16)).toEqual([0x7e00, 0x7e00, 0xfc00, 0x8000]);
});

const rowOf = (...words: number[]): Uint8Array =>
  Uint8Array.from([...words, ...new Array(16 - words.length).fill(0)].flatMap((word) => [word >> 8, word & 0xff]));

test("a row starts at plus zero, so a first product of minus zero leaves plus zero", () => {
  expect(rowDot(rowOf(0x8000), rowOf(0x3c00))).toBe(0x0000);
});

test("infinity less infinity, and zero times infinity, are NaN", () => {
  expect(rowDot(rowOf(0x7c00, 0xfc00), rowOf(0x3c00, 0x3c00))).toBe(0x7e00);
  expect(rowDot(rowOf(0x7c00), rowOf(0x0000))).toBe(0x7e00);
});

test("a NaN in the entry makes the whole step NaN", () => {
  const entry = new Uint8Array(32);
  entry.set([0x7e, 0x00]);
  const nan = Uint8Array.from({length: 32}, (_, i) => (i % 2 === 0 ? 0x7e : 0x00));
  expect(tensorStep(new Uint8Array(32), entry)).toEqual(nan);
});
