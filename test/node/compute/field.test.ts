import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {
  bigintField,
  evaluateAllOn,
  type FieldBatches,
  type FieldRows,
  gf256Multiply,
} from "../../../src/node/compute/field.js";
import {nativeField} from "../../../src/node/compute/native/field.js";
import {ELEMENT_BYTES, packElements, unpackElements} from "../../../src/node/quorum/field/bytes.js";
import {inv, mul, P} from "../../../src/node/quorum/field/field.js";
import {evaluateAll, lagrangeWeights} from "../../../src/node/quorum/sharing/shamir.js";
import {addonOf, builtAddon} from "../../support/native.js";
import shamir from "../quorum/sharing/shamir.vectors.json" with {type: "json"};
import gf256 from "./gf256-sharing.vectors.json" with {type: "json"};

const natives = (builtAddon?.paths ?? []).flatMap(({name, missing}, path) =>
  missing === null ? [[`native ${name}`, nativeField(builtAddon!, path)] as const] : [],
);
const fields: readonly (readonly [string, FieldBatches])[] = [["bigint", bigintField], ...natives];

/** Zero, one, p - 1, what folds to them, words of ones, and anything. */
const element = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, P - 1n, P - 2n, (P - 1n) / 2n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 126n, P - 2n ** 64n),
  fc.bigInt({min: 0n, max: P - 1n}),
);
const matrixOf = <T>(each: fc.Arbitrary<T>, rows: number, columns: number) =>
  fc.array(each, {minLength: rows * columns, maxLength: rows * columns});
const shape = fc.record({rows: fc.integer({min: 1, max: 40}), columns: fc.integer({min: 0, max: 9})});

test("the addon's batches are tested where it is built", (context) => void addonOf(context));

describe.each(fields)("the field of quorum programs, %s", (_, field) => {
  const one = (value: string): Uint8Array => packElements([BigInt(value)]);

  test("shares as the reference does, all secrets of a kind side by side", () => {
    const shares = shamir.cases.filter(({input}) => input.op === "share");
    expect(shares.length).toBeGreaterThan(5);
    for (const {input, expected} of shares) {
      const {secret, n, k, rng} = input as {secret: string; n: number; k: number; rng: string[]};
      const given = (expected as {shares?: string[][]} | undefined)?.shares;
      if (!given) continue;
      const coefficients = [secret, ...rng.slice(0, k - 1)].map(BigInt);
      // Three times the same secret.
      const matrix = packElements(coefficients.flatMap((each) => [each, each, each]));
      const xs = packElements(Array.from({length: n}, (_, at) => BigInt(at + 1)));
      const values = unpackElements(field.evaluate(xs, matrix, k));
      expect(values).toEqual(given.flatMap(([, y]) => [BigInt(y!), BigInt(y!), BigInt(y!)]));
    }
  });

  test("reconstructs as the reference does", () => {
    const cases = shamir.cases.filter(
      ({input, expected}) => input.op === "reconstruct" && typeof expected === "string",
    );
    expect(cases.length).toBeGreaterThan(5);
    for (const {input, expected} of cases) {
      const points = (input as {points: [string, string][]}).points;
      const weights = lagrangeWeights(
        points.map(([x]) => BigInt(x)),
        0n,
      );
      const matrix = packElements(points.map(([, y]) => BigInt(y)));
      expect(unpackElements(field.combine(packElements(weights), matrix))).toEqual([BigInt(expected as string)]);
    }
  });

  test("adds, multiplies and inverts like BigInt", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(element, element), {maxLength: 20}), (pairs) => {
        const [a, b] = [0, 1].map((at) => packElements(pairs.map((pair) => pair[at]!))) as [Uint8Array, Uint8Array];
        expect(unpackElements(field.add(a, b))).toEqual(pairs.map(([x, y]) => (x + y) % P));
        const products = pairs.map(([x, y]) => (x * y) % P);
        expect(unpackElements(field.multiply(a, b))).toEqual(products);
        const out = new Uint8Array(a.length);
        expect(field.multiply(a, b, out)).toBe(out);
        expect(unpackElements(out)).toEqual(products);
        const [first, second] = [a.slice(), b.slice()];
        expect(unpackElements(field.multiply(first, b, first))).toEqual(products);
        expect(unpackElements(field.multiply(a, second, second))).toEqual(products);
        expect(unpackElements(field.multiply(second, second, second))).toEqual(products.map((each) => mul(each, each)));
        expect(unpackElements(field.invert(a))).toEqual(pairs.map(([x]) => (x === 0n ? 0n : inv(x))));
      }),
      {numRuns: 50},
    );
    const sevens = field.invert(one("7"));
    expect(mul(unpackElements(sevens)[0]!, 7n)).toBe(1n);
  });

  test("combines and evaluates like BigInt, in matrices of any shape", () => {
    const given = shape.chain(({rows, columns}) =>
      fc.tuple(fc.constant(rows), matrixOf(element, rows, columns), matrixOf(element, rows, 1), fc.array(element)),
    );
    fc.assert(
      fc.property(given, ([rows, values, weights, xs]) => {
        const matrix = packElements(values);
        const [w, x] = [packElements(weights), packElements([1n, ...xs])];
        expect(hexOf(field.combine(w, matrix))).toBe(hexOf(bigintField.combine(w, matrix)));
        const out = new Uint8Array(matrix.length / rows).fill(255);
        expect(field.combine(w, matrix, out)).toBe(out);
        expect(hexOf(out)).toBe(hexOf(bigintField.combine(w, matrix)));
        expect(hexOf(field.evaluate(x, matrix, rows))).toBe(hexOf(bigintField.evaluate(x, matrix, rows)));
      }),
      {numRuns: 40},
    );
  });

  test("evaluates polynomials as the rules do, in the same order", () => {
    const polynomials = fc.integer({min: 1, max: 6}).chain((k) => fc.array(matrixOf(element, k, 1), {maxLength: 5}));
    fc.assert(
      fc.property(polynomials, fc.array(element, {maxLength: 5}), (given, xs) => {
        expect(evaluateAllOn(field)(given, xs)).toEqual(evaluateAll(given, xs));
      }),
      {numRuns: 40},
    );
    expect(evaluateAllOn(field)([[1n], [1n, 2n]], [3n])).toEqual([[1n], [7n]]);
  });

  test("refuses what is no element, and rows that do not come out even", () => {
    const p = new Uint8Array(ELEMENT_BYTES).fill(255).with(15, 127);
    const fine = one("1");
    for (const wrong of [p, new Uint8Array(ELEMENT_BYTES).fill(255), new Uint8Array(15)]) {
      expect(() => field.add(wrong, wrong)).toThrow();
      expect(() => field.combine(fine, wrong)).toThrow();
      expect(() => field.combine(wrong, fine)).toThrow();
      expect(() => field.evaluate(wrong, fine, 1)).toThrow();
      expect(() => field.invert(wrong)).toThrow();
    }
    expect(() => field.add(fine, new Uint8Array(32))).toThrow();
    expect(() => field.combine(packElements([1n, 2n]), packElements([1n, 2n, 3n]))).toThrow();
    expect(() => field.combine(fine, fine, new Uint8Array(32))).toThrow();
    expect(() => field.multiply(fine, fine, new Uint8Array(32))).toThrow();
    expect(() => field.evaluate(fine, packElements([1n, 2n, 3n]), 2)).toThrow();
  });
});

test("a product of two bytes is what the reference says, and its own inverse's", () => {
  const cases = gf256.cases.flatMap(({input, expected}) => (input.op === "field" ? [{input, expected}] : []));
  expect(cases.length).toBe(10);
  for (const {input, expected} of cases) {
    expect(gf256Multiply(input.a!, input.b!)).toBe(expected.mul);
    expect(gf256Multiply(input.b!, expected.invB!)).toBe(1);
  }
});

describe.each(fields.map(([name, field]) => [name, field.gf256] as const))("GF(2^8), %s", (_, field: FieldRows) => {
  test("deals as the reference does", () => {
    const cases = gf256.cases.filter(({input}) => input.op === "deal");
    expect(cases.length).toBeGreaterThan(3);
    for (const {input, expected} of cases) {
      const {m, k, secret, coefficientsHighToLow} = input as {
        m: number;
        k: number;
        secret: string;
        coefficientsHighToLow: string[];
      };
      // The reference writes the coefficients of each byte of the secret together.
      const bytes = bytesOfHex(secret);
      const high = coefficientsHighToLow.map((each) => bytesOfHex(each));
      const matrix = rowsOf(k, bytes, high);
      const xs = Uint8Array.from({length: m}, (_, at) => at + 1);
      const values = field.evaluate(xs, matrix, k);
      const shares = Array.from({length: m}, (_, at) => values.subarray(at * bytes.length, (at + 1) * bytes.length));
      expect(shares.map((each, at) => hexOf(Uint8Array.of(at + 1, ...each)))).toEqual(expected.shares);
    }
  });

  test("recovers as the reference does, of 34 shares of 50 too", () => {
    const cases = gf256.cases.filter(({input}) => input.op === "recover");
    expect(cases.some(({input}) => input.k === 34)).toBe(true);
    for (const {input, expected} of cases) {
      const shares = (input as {shares: string[]}).shares.slice(0, input.k).map((each) => bytesOfHex(each).subarray(1));
      const matrix = new Uint8Array(shares.flatMap((each) => [...each]));
      expect(hexOf(field.combine(Uint8Array.from(expected.lagrangeAtZero!), matrix))).toBe(expected.secret);
    }
  });

  test("combines and evaluates by the definition, in matrices of any shape", () => {
    const byte = fc.integer({min: 0, max: 255});
    const given = fc
      .record({rows: fc.integer({min: 1, max: 40}), columns: fc.integer({min: 0, max: 200})})
      .chain(({rows, columns}) =>
        fc.tuple(fc.constant(rows), matrixOf(byte, rows, columns), matrixOf(byte, rows, 1), fc.array(byte)),
      );
    fc.assert(
      fc.property(given, ([rows, values, weights, xs]) => {
        const matrix = Uint8Array.from(values);
        const [w, x] = [Uint8Array.from(weights), Uint8Array.of(255, ...xs)];
        expect(hexOf(field.combine(w, matrix))).toBe(hexOf(bigintField.gf256.combine(w, matrix)));
        expect(hexOf(field.evaluate(x, matrix, rows))).toBe(hexOf(bigintField.gf256.evaluate(x, matrix, rows)));
      }),
      {numRuns: 30},
    );
  });
});

/** The constant coefficients, then those of each higher power. */
function rowsOf(k: number, secret: Uint8Array, high: readonly Uint8Array[]): Uint8Array {
  const matrix = new Uint8Array(k * secret.length);
  matrix.set(secret);
  const perByte = high.length === secret.length;
  for (let power = 1; power < k; power++)
    for (let at = 0; at < secret.length; at++)
      matrix[power * secret.length + at] = perByte ? high[at]![k - 1 - power]! : high[k - 1 - power]![at]!;
  return matrix;
}
