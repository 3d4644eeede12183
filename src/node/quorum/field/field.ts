/**
 * The field of quorum programs: integers modulo the Mersenne prime p = 2^127 - 1. Functions take any integers and give
 * values in [0, p).
 */
import {RuleError} from "../../../errors.js";

export const P = 2n ** 127n - 1n;
/** Below this, one folding and one subtraction reduce: it covers every product of two elements. */
const FOLDABLE = 2n ** 254n - 1n;

/** Non-negative remainder of any integer. */
export function reduce(value: bigint): bigint {
  // 2^127 = 1 modulo p, so the high part folds onto the low one: faster than a division.
  if (value >= 0n && value < FOLDABLE) {
    const folded = (value & P) + (value >> 127n);
    return folded >= P ? folded - P : folded;
  }
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

export const add = (a: bigint, b: bigint): bigint => reduce(a + b);
export const sub = (a: bigint, b: bigint): bigint => reduce(a - b);
export const mul = (a: bigint, b: bigint): bigint => reduce(a * b);
export const neg = (a: bigint): bigint => reduce(-a);

/** `base` to the power of a non-negative `exponent`. */
export function pow(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = reduce(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mul(result, square);
    square = mul(square, square);
  }
  return result;
}

/** Multiplicative inverse, by Fermat. @throws RuleError FIELD_ZERO_INVERSE */
export function inv(a: bigint): bigint {
  const value = reduce(a);
  if (value === 0n) throw new RuleError("FIELD_ZERO_INVERSE", "Cannot invert zero in F_p");
  return pow(value, P - 2n);
}

/** The value as a signed integer: above (p-1)/2 it stands for value - p. */
export const signed = (value: bigint): bigint => (value > P >> 1n ? value - P : value);
