/**
 * Proactive resharing (Herzberg and others, 1995): sharings of zero are added to shares, so that old and new ones do
 * not combine while the secret stays. Rotation does the same for another set of holders.
 */
import {RuleError} from "../../../errors.js";
import {add, reduce} from "../field/field.js";
import type {FieldSource} from "../field/random.js";
import {evaluatePolynomial, lagrangeAt, type Share} from "./shamir.js";

/** Coefficients of a random polynomial of degree k-1 that is 0 at 0. Draws k-1 values, lowest power first. */
export function zeroPolynomial(k: number, draw: FieldSource): bigint[] {
  const coefficients = [0n];
  while (coefficients.length < k) coefficients.push(draw());
  return coefficients;
}

/** What one holder gives to each of `targets`: values of a fresh zero polynomial. */
export function dealSubShares(k: number, targets: readonly bigint[], draw: FieldSource): bigint[] {
  const polynomial = zeroPolynomial(k, draw);
  return targets.map((x) => evaluatePolynomial(polynomial, x));
}

/** A share with what all holders gave added. */
export const applySubShares = (y: bigint, subShares: readonly bigint[]): bigint => subShares.reduce(add, reduce(y));

function checkHolders(shares: readonly Share[], k: number, what: string): void {
  if (shares.length < k)
    throw new RuleError("RESHARING_HOLDERS_MISSING", `Need >= k=${k} shares for ${what}, got ${shares.length}`);
}

/**
 * New shares of the same secret, for the holders themselves or for `targets`. A target without a share starts from the
 * interpolation of the first k. All in one place: it knows the secret, as a dealer does.
 * @throws RuleError RESHARING_HOLDERS_MISSING
 */
export function refresh(
  shares: readonly Share[],
  {k, targets}: {readonly k: number; readonly targets?: readonly bigint[]},
  draw: FieldSource,
): Share[] {
  checkHolders(shares, k, "resharing");
  const xs = targets ?? shares.map(({x}) => x);
  const given = shares.map(() => dealSubShares(k, xs, draw));
  return xs.map((x, at) => {
    const held = shares.find((each) => each.x === x)?.y ?? lagrangeAt(shares.slice(0, k), x);
    return {
      x,
      y: applySubShares(
        held,
        given.map((values) => values[at]!),
      ),
    };
  });
}

/**
 * Shares for `newN` holders, at `xs` or at 1..newN.
 * @throws RuleError RESHARING_HOLDERS_MISSING, SHARING_THRESHOLD_INVALID
 */
export function rotate(
  shares: readonly Share[],
  {k, newN, xs}: {readonly k: number; readonly newN: number; readonly xs?: readonly bigint[]},
  draw: FieldSource,
): Share[] {
  checkHolders(shares, k, "rotation");
  if (k > newN) throw new RuleError("SHARING_THRESHOLD_INVALID", `Threshold k=${k} > new_n=${newN}`);
  return refresh(shares, {k, targets: xs ?? Array.from({length: newN}, (_, at) => BigInt(at + 1))}, draw);
}
