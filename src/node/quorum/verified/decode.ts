/** Decoding of Shamir shares with errors (Berlekamp and Welch, 1986): which of the points lie on no common polynomial. */
import {add, inv, mul, reduce, sub} from "../field/field.js";
import type {Share} from "../sharing/shamir.js";

/**
 * Places of the points that are off the polynomial of degree at most `degree` through the others, where at most
 * (points - degree - 1) / 2 are off; `null` where more are, or it cannot be told.
 */
export function wrongPoints(points: readonly Share[], degree: number): readonly number[] | null {
  const most = Math.floor((points.length - degree - 1) / 2);
  for (let errors = 0; errors <= most; errors++) {
    const locator = solveLocator(points, degree, errors);
    if (locator === null) continue;
    const wrong = points.flatMap(({x}, at) => (evaluate(locator, x) === 0n ? [at] : []));
    if (wrong.length === errors) return wrong;
  }
  return null;
}

/** Coefficients of the monic error locator E of degree `errors` with Q(x) = y E(x) for some Q, or `null`. */
function solveLocator(points: readonly Share[], degree: number, errors: number): readonly bigint[] | null {
  const width = degree + errors + 1;
  // Unknown: Q's coefficients, then E's below the leading one. Q(x) - y (E(x) - x^errors) = y x^errors.
  const rows = points.map(({x, y}) => {
    const powers = [1n];
    while (powers.length < Math.max(width, errors + 1)) powers.push(mul(powers.at(-1)!, x));
    return [
      ...powers.slice(0, width),
      ...powers.slice(0, errors).map((power) => reduce(-y * power)),
      mul(y, powers[errors]!),
    ];
  });
  const solution = solve(rows, width + errors);
  return solution && [...solution.slice(width), 1n];
}

const evaluate = (coefficients: readonly bigint[], x: bigint): bigint =>
  coefficients.reduceRight((value, coefficient) => add(mul(value, x), coefficient), 0n);

/** One solution of a linear system whose rows end with their right side; free unknowns are 0. */
function solve(rows: bigint[][], unknowns: number): bigint[] | null {
  const pivots: number[] = [];
  let row = 0;
  for (let column = 0; column < unknowns && row < rows.length; column++) {
    const found = rows.findIndex((each, at) => at >= row && each[column] !== 0n);
    if (found < 0) continue;
    [rows[row], rows[found]] = [rows[found]!, rows[row]!];
    const scale = inv(rows[row]![column]!);
    rows[row] = rows[row]!.map((value) => mul(value, scale));
    for (const [at, other] of rows.entries()) {
      const factor = other[column]!;
      if (at === row || factor === 0n) continue;
      rows[at] = other.map((value, place) => sub(value, factor * rows[row]![place]!));
    }
    pivots.push(column);
    row++;
  }
  if (rows.slice(row).some((each) => each[unknowns] !== 0n)) return null;
  const solution = Array<bigint>(unknowns).fill(0n);
  for (const [at, column] of pivots.entries()) solution[column] = rows[at]![unknowns]!;
  return solution;
}
