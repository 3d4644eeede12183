/**
 * Batches over the fields that secrets are shared over: integers modulo 2^127 - 1, 16 bytes each and little-endian, and
 * GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1, one byte each. A matrix is its rows one after the other, and a column is
 * one secret. The x of holders are public, and so are weights of GF(2^8); modulo 2^127 - 1 a weight may be a secret too.
 */
import {InvariantError} from "../../errors.js";
import {ELEMENT_BYTES, packElements, unpackElements} from "../quorum/field/bytes.js";
import {add, mul, P, pow} from "../quorum/field/field.js";
import {type EvaluateAll, evaluateAll, evaluatePolynomial} from "../quorum/sharing/shamir.js";

/** Sums of rows, each times its weight; and the values of columns' polynomials, the constant coefficient first. */
export interface FieldRows {
  /** One row: Lagrange's reconstruction of many secrets; into `out` where it is given, which is as long. */
  combine(weights: Uint8Array, matrix: Uint8Array, out?: Uint8Array): Uint8Array;
  /** A row for each of `xs`: Shamir's shares of many secrets. `rows` is the degree and one. */
  evaluate(xs: Uint8Array, matrix: Uint8Array, rows: number): Uint8Array;
}

export interface FieldBatches extends FieldRows {
  add(a: Uint8Array, b: Uint8Array): Uint8Array;
  /** Into `out` where it is given, which is as long and may be `a` or `b`. */
  multiply(a: Uint8Array, b: Uint8Array, out?: Uint8Array): Uint8Array;
  /** 0 has no inverse and stays 0. */
  invert(a: Uint8Array): Uint8Array;
  /** At most 256 rows. */
  readonly gf256: FieldRows;
}

/** Both fields by their definitions, which native code is tested against. @throws DecodeError ELEMENT_INVALID */
export const bigintField: FieldBatches = {
  add: (a, b) => pairwise(a, b, add),
  multiply: (a, b, out) => written(pairwise(a, b, mul), out),
  invert: (a) => packElements(unpackElements(a).map((each) => pow(each, P - 2n))),
  ...rowsOf({
    size: ELEMENT_BYTES,
    unpack: unpackElements,
    pack: packElements,
    dot: dotField,
    value: evaluatePolynomial,
  }),
  gf256: rowsOf({
    size: 1,
    unpack: (bytes) => [...bytes],
    pack: Uint8Array.from.bind(Uint8Array),
    dot: (weights, values) => weights.reduce((sum, weight, at) => sum ^ gf256Multiply(weight, values[at]!), 0),
    value: (coefficients, x) => coefficients.reduceRight((sum, each) => gf256Multiply(sum, x) ^ each, 0),
  }),
};

/** Below, packing the numbers takes longer than computing with them: 2 of 3 shares at 0.7 of the rate, 4 of 7 at 2.7. */
const QUICKER_ROWS = 3;

/** The rules' port on `field`: a column for each polynomial. Polynomials are of one degree. */
export function evaluateAllOn(field: Pick<FieldBatches, "evaluate">): EvaluateAll {
  return (polynomials, xs) => {
    const rows = polynomials[0]?.length ?? 0;
    if (rows < QUICKER_ROWS || xs.length === 0 || polynomials.some(({length}) => length !== rows))
      return evaluateAll(polynomials, xs);
    const matrix = packElements(Array.from({length: rows}, (_, row) => polynomials.map((each) => each[row]!)).flat());
    const values = unpackElements(field.evaluate(packElements(xs), matrix, rows));
    const count = polynomials.length;
    return polynomials.map((_, column) => xs.map((_x, point) => values[point * count + column]!));
  };
}

function pairwise(a: Uint8Array, b: Uint8Array, combine: (a: bigint, b: bigint) => bigint): Uint8Array {
  if (a.length !== b.length) throw new InvariantError("there are as many of both");
  const others = unpackElements(b);
  return packElements(unpackElements(a).map((each, at) => combine(each, others[at]!)));
}

function written(result: Uint8Array, out: Uint8Array | undefined): Uint8Array {
  if (!out) return result;
  if (out.length !== result.length) throw new InvariantError("the result has another size");
  out.set(result);
  return out;
}

function dotField(weights: readonly bigint[], values: readonly bigint[]): bigint {
  return weights.reduce((sum, weight, at) => add(sum, mul(weight, values[at]!)), 0n);
}

/** Product in GF(2^8), the lowest bit of `b` first. */
export function gf256Multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0, power = a; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= power;
    power = (power << 1) ^ (power & 0x80 ? 0x11d : 0);
  }
  return product;
}

interface FieldForm<T> {
  readonly size: number;
  unpack(bytes: Uint8Array): T[];
  pack(values: readonly T[]): Uint8Array;
  dot(weights: readonly T[], values: readonly T[]): T;
  value(coefficients: readonly T[], x: T): T;
}

function rowsOf<T>({size, unpack, pack, dot, value}: FieldForm<T>): FieldRows {
  const columnsOf = (matrix: Uint8Array, rows: number): T[][] => {
    const count = matrix.length / size / rows;
    if (!Number.isInteger(count)) throw new InvariantError("rows are of one length");
    const all = unpack(matrix);
    return Array.from({length: count}, (_, at) => Array.from({length: rows}, (_, row) => all[row * count + at]!));
  };
  return {
    combine(weights, matrix, out) {
      const factors = unpack(weights);
      return written(pack(columnsOf(matrix, factors.length).map((column) => dot(factors, column))), out);
    },
    evaluate(xs, matrix, rows) {
      const columns = columnsOf(matrix, rows);
      return pack(unpack(xs).flatMap((x) => columns.map((column) => value(column, x))));
    },
  };
}
