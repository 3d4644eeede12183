/** Shamir's sharing (1979): a secret is f(0) of a random polynomial, a share is a point of it. */
import {RuleError} from "../../../errors.js";
import {add, inv, mul, reduce, sub} from "../field/field.js";
import type {FieldSource} from "../field/random.js";

/** A point of the sharing polynomial. `x` names the holder; only `y` is secret. */
export interface Share {
  readonly x: bigint;
  readonly y: bigint;
}

/** N holders, K of whom reconstruct. */
export interface Threshold {
  readonly n: number;
  readonly k: number;
}
/** Holders by x, K of whom reconstruct. */
export interface Holders {
  readonly xs: readonly bigint[];
  readonly k: number;
}

/** f(x) of the coefficients c0, c1, ... (Horner). */
export function evaluatePolynomial(coefficients: readonly bigint[], x: bigint): bigint {
  let value = 0n;
  for (let at = coefficients.length - 1; at >= 0; at--) value = add(mul(value, x), coefficients[at]!);
  return value;
}

/**
 * The values at each of `xs` of each polynomial, polynomial by polynomial. A service may bring a quicker one than
 * `evaluateAll`; the values are the same.
 */
export type EvaluateAll = (polynomials: readonly (readonly bigint[])[], xs: readonly bigint[]) => readonly bigint[][];

/** One after the other. */
export const evaluateAll: EvaluateAll = (polynomials, xs) =>
  polynomials.map((coefficients) => xs.map((x) => evaluatePolynomial(coefficients, x)));

/** x of n holders: 1..n. */
export const firstHolders = (n: number): bigint[] => Array.from({length: n}, (_, at) => BigInt(at + 1));

/**
 * A random polynomial whose value at 0 is `secret`. Draws k-1 coefficients, lowest power first.
 * @throws RuleError SHARING_THRESHOLD_INVALID
 */
export function sharingPolynomial(secret: bigint, {xs, k}: Holders, draw: FieldSource): bigint[] {
  if (k < 1 || k > xs.length)
    throw new RuleError("SHARING_THRESHOLD_INVALID", `Invalid threshold: k=${k}, n=${xs.length}`);
  const coefficients = [reduce(secret)];
  while (coefficients.length < k) coefficients.push(draw());
  return coefficients;
}

/**
 * Shares of `secret` for the holders at `xs`, any k of which reconstruct it. Draws k-1 coefficients, lowest power first.
 * @throws RuleError SHARING_THRESHOLD_INVALID
 */
export function shareAt(secret: bigint, holders: Holders, draw: FieldSource): Share[] {
  const coefficients = sharingPolynomial(secret, holders, draw);
  return holders.xs.map((x) => ({x, y: evaluatePolynomial(coefficients, x)}));
}

/** The same for the holders 1..n. @throws RuleError SHARING_THRESHOLD_INVALID */
export const share = (secret: bigint, {n, k}: Threshold, draw: FieldSource): Share[] =>
  shareAt(secret, {xs: firstHolders(n), k}, draw);

/**
 * Weight of the point `x` of `xs` in the value at `target`.
 * @throws RuleError FIELD_ZERO_INVERSE when another x is the same
 */
function weight(xs: readonly bigint[], at: number, target: bigint): bigint {
  const x = xs[at]!;
  let over = 1n;
  let under = 1n;
  for (const [other, each] of xs.entries()) {
    if (other === at) continue;
    over = mul(over, target - each);
    under = mul(under, x - each);
  }
  return mul(over, inv(under));
}

/** Weights with which values at `xs` sum to the value at `target`. @throws RuleError FIELD_ZERO_INVERSE */
export const lagrangeWeights = (xs: readonly bigint[], target: bigint): bigint[] =>
  xs.map((_, at) => weight(xs, at, target));

/**
 * Value at `x` of the polynomial through all `points`, in any order.
 * @throws RuleError SHARING_NO_POINTS, FIELD_ZERO_INVERSE
 */
export function lagrangeAt(points: readonly Share[], x: bigint): bigint {
  if (points.length === 0) throw new RuleError("SHARING_NO_POINTS", "Need at least one point");
  const weights = lagrangeWeights(
    points.map((point) => point.x),
    x,
  );
  return points.reduce((sum, {y}, at) => add(sum, mul(y, weights[at]!)), 0n);
}

/** The shared secret, from all points given. @throws RuleError SHARING_NO_POINTS, FIELD_ZERO_INVERSE */
export const reconstruct = (points: readonly Share[]): bigint => lagrangeAt(points, 0n);

/**
 * What one holder adds to the value at `target`: the terms of all `participants` sum to it.
 * @throws RuleError FIELD_ZERO_INVERSE
 */
export function partialTerm({x, y}: Share, target: bigint, participants: readonly bigint[]): bigint {
  const others = participants.filter((each) => sub(each, x) !== 0n);
  return mul(y, weight([x, ...others], 0, target));
}

/** Whether all points lie on one polynomial of degree below k. @throws RuleError FIELD_ZERO_INVERSE */
export function areConsistent(points: readonly Share[], k: number): boolean {
  const base = points.slice(0, k);
  return points.slice(k).every(({x, y}) => lagrangeAt(base, x) === reduce(y));
}
