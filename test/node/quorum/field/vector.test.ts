import fc from "fast-check";
import {expect, test} from "vitest";
import {bigintField} from "../../../../src/node/compute/field.js";
import {packElements, unpackElements} from "../../../../src/node/quorum/field/bytes.js";
import {add, mul, P, sub} from "../../../../src/node/quorum/field/field.js";
import {combineRows, isVector, Table, TOGETHER, toElements} from "../../../../src/node/quorum/field/vector.js";

/** Elements with many at the edges, where carries and folds are. */
const element = fc.oneof(
  fc.bigInt({min: 0n, max: P - 1n}),
  fc.constantFrom(0n, 1n, 2n, P - 1n, P - 2n, 2n ** 126n, 2n ** 32n - 1n, 2n ** 64n, 2n ** 96n - 1n, P >> 1n),
);

test("sums and differences of single elements are those of the field", () => {
  fc.assert(
    fc.property(element, element, (a, b) => {
      const table = new Table(4);
      table.scatter(Int32Array.of(1, 3), packElements([a, b]));
      table.sums([
        {out: 2, a: 1, b: 3, minus: false},
        {out: 1, a: 1, b: 3, minus: true},
        {out: 3, a: 0, b: 3, minus: true},
      ]);
      const [zero, difference, sum, negative] = unpackElements(table.vector);
      expect([zero, difference, sum, negative]).toEqual([0n, sub(a, b), add(a, b), sub(0n, b)]);
      expect(unpackElements(table.gather(Int32Array.of(2, 2, 0)))).toEqual([sum, sum, 0n]);
    }),
  );
});

test("rows that lie apart are summed as those of one matrix, whatever their length", () => {
  for (const count of [1, 7, TOGETHER, TOGETHER + 1, 2 * TOGETHER + 3]) {
    const rows = [3n, P - 1n, 2n ** 126n].map((step) =>
      packElements(Array.from({length: count}, (_, at) => mul(step, BigInt(at + 1)))),
    );
    const weights = packElements([5n, P - 2n, 11n]);
    const sum = add(add(15n, 2n), mul(11n, 2n ** 126n));
    expect(unpackElements(combineRows(bigintField, weights, rows))).toEqual(
      Array.from({length: count}, (_, at) => mul(sum, BigInt(at + 1))),
    );
  }
});

test("bytes are elements when each is below p", () => {
  const bytesOf = (value: bigint): Uint8Array => {
    const view = new DataView(new ArrayBuffer(16));
    view.setBigUint64(0, value & (2n ** 64n - 1n), true);
    view.setBigUint64(8, value >> 64n, true);
    return new Uint8Array(view.buffer);
  };
  for (const [value, right] of [
    [0n, true],
    [P - 1n, true],
    [P, false],
    [P + 1n, false],
    [2n ** 128n - 1n, false],
    [P - 2n ** 64n, true],
  ] as const)
    expect(isVector(bytesOf(value), 1)).toBe(right);
  expect(isVector(new Uint8Array(31), 2)).toBe(false);
  expect(isVector(new Uint8Array(32), 1)).toBe(false);
  const random = new Uint8Array(48).fill(0xff);
  random[0] = 0xfe;
  toElements(random);
  // Without the top bit the first is p - 1; the others are p, which counts as 0.
  expect(unpackElements(random)).toEqual([P - 1n, 0n, 0n]);
});
