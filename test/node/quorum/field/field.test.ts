import fc from "fast-check";
import {expect, test} from "vitest";
import {add, inv, mul, neg, P, reduce, signed, sub} from "../../../../src/node/quorum/field/field.js";
import {elementOf, fieldSource} from "../../../../src/node/quorum/field/random.js";
import {element} from "../programs.js";

const wide = fc.bigInt({min: -(2n ** 400n), max: 2n ** 400n});

test("p is the Mersenne prime of 127 bits", () => {
  expect(P).toBe(170141183460469231731687303715884105727n);
});

test("every operation is the remainder of the integers' own", () => {
  const remainder = (value: bigint): bigint => ((value % P) + P) % P;
  fc.assert(
    fc.property(wide, wide, (a, b) => {
      expect(reduce(a)).toBe(remainder(a));
      expect(add(a, b)).toBe(remainder(a + b));
      expect(sub(a, b)).toBe(remainder(a - b));
      expect(mul(a, b)).toBe(remainder(a * b));
      expect(neg(a)).toBe(remainder(-a));
    }),
  );
});

test("folding is right at the bounds of a product", () => {
  for (const value of [0n, P - 1n, P, P + 1n, 2n * P, (P - 1n) ** 2n, P ** 2n, 2n ** 254n - 1n, 2n ** 254n])
    expect(reduce(value)).toBe(value % P);
});

test("a times its inverse is 1, and 0 has none", () => {
  fc.assert(fc.property(element, (a) => (a === 0n ? true : mul(a, inv(a)) === 1n)));
  for (const zero of [0n, P, -P]) expect(() => inv(zero)).toThrow("Cannot invert zero in F_p");
});

test("the signed view turns over above (p-1)/2", () => {
  expect(signed(P >> 1n)).toBe(P >> 1n);
  expect(signed((P >> 1n) + 1n)).toBe(-(P >> 1n));
  expect(signed(P - 1n)).toBe(-1n);
});

test("16 bytes give their lower 127 bits, and are drawn again when those are p", () => {
  const all = new Uint8Array(16).fill(0xff);
  expect(elementOf(all)).toBeNull();
  expect(elementOf(Uint8Array.from([0x80, ...new Uint8Array(14), 5]))).toBe(5n);
  const drawn = [all, all.with(0, 0x7f), new Uint8Array(16).fill(1)];
  const draw = fieldSource(() => drawn.shift()!);
  expect(draw()).toBe(BigInt(`0x${"01".repeat(16)}`));
  expect(drawn).toEqual([]);
});
