/**
 * Beaver's multiplication (1991): a shared random triple c = ab turns a product of shared x and y into the opening of
 * x - a and y - b, which are uniform and so say nothing.
 */
import {add, mul, sub} from "../field/field.js";
import type {FieldSource} from "../field/random.js";
import {type EvaluateAll, evaluateAll, type Holders, type Share, sharingPolynomial} from "./shamir.js";

/** All shares of one triple. Whoever makes it knows a, b and c. */
export interface SharedTriple {
  readonly a: readonly Share[];
  readonly b: readonly Share[];
  readonly c: readonly Share[];
}
/** One holder's part of a triple. */
export interface TripleShare {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
}
/** Masked operands, as shares or opened. */
export interface Masked {
  /** x - a */
  readonly epsilon: bigint;
  /** y - b */
  readonly delta: bigint;
}
/** A fresh shared triple. Draws a, b, then the coefficients of the sharings of a, b and c. */
export const dealTriple = (holders: Holders, draw: FieldSource): SharedTriple =>
  deal(1, holders, draw, evaluateAll)[0]!;

function deal(count: number, holders: Holders, draw: FieldSource, evaluate: EvaluateAll): SharedTriple[] {
  const polynomials = Array.from({length: count}, () => {
    const [a, b] = [draw(), draw()];
    return [a, b, mul(a, b)].map((secret) => sharingPolynomial(secret, holders, draw));
  });
  const values = evaluate(polynomials.flat(), holders.xs);
  const shares = values.map((ys) => ys.map((y, at): Share => ({x: holders.xs[at]!, y})));
  return polynomials.map((_, at) => ({a: shares[3 * at]!, b: shares[3 * at + 1]!, c: shares[3 * at + 2]!}));
}

/** `count` triples for every product of a program, in the order of `nodes`. */
export const dealTriples = (
  nodes: readonly string[],
  count: number,
  holders: Holders,
  draw: FieldSource,
  evaluate: EvaluateAll = evaluateAll,
): ReadonlyMap<string, readonly SharedTriple[]> =>
  new Map(nodes.map((node) => [node, deal(count, holders, draw, evaluate)]));

/** The part of `triple` of the holder at place `at`. */
export const tripleShareOf = ({a, b, c}: SharedTriple, at: number): TripleShare => ({
  a: a[at]!.y,
  b: b[at]!.y,
  c: c[at]!.y,
});

/** Round 1: shares of the masked operands, to be opened. */
export const maskOperands = (x: bigint, y: bigint, {a, b}: Pick<TripleShare, "a" | "b">): Masked => ({
  epsilon: sub(x, a),
  delta: sub(y, b),
});

/** Round 2 of the coordinator's variant: a share of the product less epsilon times delta, which `finalize` adds. */
export const uncorrectedProduct = ({epsilon, delta}: Masked, {a, b, c}: TripleShare): bigint =>
  add(c + epsilon * b, delta * a);

/** Round 2 between peers: a share of the product, because the constant epsilon times delta is its own sharing. */
export const productShare = (opened: Masked, triple: TripleShare): bigint =>
  add(uncorrectedProduct(opened, triple), opened.epsilon * opened.delta);

/** The product, out of the value that uncorrected shares open to. */
export const finalize = (uncorrected: bigint, {epsilon, delta}: Masked): bigint => add(uncorrected, epsilon * delta);
