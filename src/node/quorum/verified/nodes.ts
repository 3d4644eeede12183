/** Polynomials known by their values at 0, 1, and so on. */
import {inv, mul} from "../field/field.js";

/** The points 0 to `last`. */
export const nodesTo = (last: number): bigint[] => Array.from({length: last + 1}, (_, at) => BigInt(at));

/** For the points 0 to each `last`: 1 / the product of what is between a point and the others. An inverse takes long. */
const inverses = new Map<number, readonly bigint[]>();

/** Weights with which values at 0 to `last` sum to the value at `point`. */
export function weightsOf(last: number, point: bigint): bigint[] {
  const nodes = nodesTo(last);
  const product = (at: number, of: (other: bigint) => bigint): bigint =>
    nodes.reduce((all, other, place) => (place === at ? all : mul(all, of(other))), 1n);
  let known = inverses.get(last);
  if (!known) {
    known = nodes.map((node, at) => inv(product(at, (other) => node - other)));
    inverses.set(last, known);
  }
  return known.map((inverse, at) =>
    mul(
      product(at, (other) => point - other),
      inverse,
    ),
  );
}
