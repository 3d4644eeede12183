/**
 * Triples and masks that are kept under numbers until they are used. Nobody trusts who hands the numbers out: it can give
 * one number to several jobs, each with other custodians, and a triple that two evaluations use tells what they multiply.
 * So a number stands for polynomials with c = a b, and each use takes their values at a point of its own. Every honest
 * custodian spends a number once, so there are no more uses than honest custodians, n - t, and at that many points
 * polynomials of degree n - t - 1 have independent values (Choudhury and Patra, 2017, extract triples so).
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {add, mul} from "../field/field.js";
import {elementOf} from "../field/random.js";
import {lagrangeWeights} from "../sharing/shamir.js";
import {
  type Authenticated,
  type AuthenticatedTriple,
  authenticate,
  checkHidden,
  multiply,
  type Session,
} from "./authenticated.js";
import {checkedProducts} from "./preprocess.js";
import {compareHeard, type Party, type Protocol} from "./protocol.js";

export type StockShape = Pick<Party, "n" | "t">;
export interface Stock {
  readonly triples: number;
  readonly masks: number;
}

const DOMAIN = utf8("qvm/stock/point/1");
/** Authenticated values of one job: what a round of it sends stays well below a message. */
const VALUES_MAX = 300_000;

const degreeOf = ({n, t}: StockShape): number => n - t - 1;
const nodesTo = (last: number): bigint[] => Array.from({length: last + 1}, (_, at) => BigInt(at));

/** Elements under one number. Of a triple: a, b, c with their MACs. Of a mask: r with its MAC, v, and r v. */
export function stockSizes(shape: StockShape): {readonly triple: number; readonly mask: number} {
  const d = degreeOf(shape);
  return {triple: 2 * (4 * d + 3), mask: 5 * d + 4};
}

/** Triples, and masks, that one job may make. */
export const stockMax = (shape: StockShape): number => Math.floor(VALUES_MAX / (4 * degreeOf(shape) + 3));

/**
 * Elements of this custodian, number by number.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* makeStock(
  session: Session,
  {triples, masks}: Stock,
): Protocol<{readonly triples: readonly bigint[]; readonly masks: readonly bigint[]}> {
  const d = degreeOf(session.party);
  const [as, bs] = [polynomials(session, triples, d), polynomials(session, triples, d)];
  const cs = rowsOf(yield* checkedProducts(session, pairsOf(as, bs)), triples);
  const tripleValues = yield* authenticate(
    session,
    byNumber([...as.slice(0, d + 1), ...bs.slice(0, d + 1), ...cs], triples),
  );
  const [rs, vs] = [polynomials(session, masks, d), polynomials(session, masks, d)];
  // The client checks these.
  const rvs = rowsOf(yield* multiply(session, pairsOf(rs, vs)), masks);
  const maskValues = yield* authenticate(session, byNumber(rs.slice(0, d + 1), masks));
  yield* checkHidden(session, [...tripleValues, ...maskValues]);
  yield* compareHeard(session.party);
  const pair = ({share, mac}: Authenticated): bigint[] => [share, mac];
  return {
    triples: tripleValues.flatMap(pair),
    masks: Array.from({length: masks}, (_, number) => [
      ...maskValues.slice(number * (d + 1), (number + 1) * (d + 1)).flatMap(pair),
      ...[...vs.slice(0, d + 1), ...rvs].map((row) => row[number]!),
    ]).flat(),
  };
}

/** Random polynomials of degree d by their values at 0 to 2d: a row for each point, in it a value for each number. */
function polynomials({randomness}: Session, count: number, d: number): bigint[][] {
  const rows = Array.from({length: d + 1}, () => randomness.randoms(count));
  const further = nodesTo(2 * d)
    .slice(d + 1)
    .map((point) => {
      const weights = lagrangeWeights(nodesTo(d), point);
      return Array.from({length: count}, (_, number) =>
        weights.reduce((sum, weight, at) => add(sum, mul(weight, rows[at]![number]!)), 0n),
      );
    });
  return [...rows, ...further];
}

const pairsOf = (xs: readonly bigint[][], ys: readonly bigint[][]): (readonly [bigint, bigint])[] =>
  xs.flatMap((row, point) => row.map((x, number) => [x, ys[point]![number]!] as const));

const rowsOf = (values: readonly bigint[], count: number): bigint[][] =>
  count === 0
    ? []
    : Array.from({length: values.length / count}, (_, row) => values.slice(row * count, (row + 1) * count));

const byNumber = (rows: readonly bigint[][], count: number): bigint[] =>
  Array.from({length: count}, (_, number) => rows.map((row) => row[number]!)).flat();

/** Where the polynomials are taken for the use that `digest` names. */
export function pointOf(digest: Uint8Array): bigint {
  for (let attempt = 0; ; attempt++) {
    const point = elementOf(shake256(concat(DOMAIN, digest, Uint8Array.of(attempt)), 16));
    if (point !== null) return point;
  }
}

/** Triples at `point` of the numbers that `elements` are of. */
export function triplesAt(elements: readonly bigint[], shape: StockShape, point: bigint): AuthenticatedTriple[] {
  const d = degreeOf(shape);
  const {triple: size} = stockSizes(shape);
  const [once, twice] = [d, 2 * d].map((last) => lagrangeWeights(nodesTo(last), point)) as [bigint[], bigint[]];
  return Array.from({length: elements.length / size}, (_, number) => {
    const at = (value: number, weights: readonly bigint[]): Authenticated => ({
      share: valueAt(elements, number * size + 2 * value, {weights, stride: 2}),
      mac: valueAt(elements, number * size + 2 * value + 1, {weights, stride: 2}),
    });
    return {a: at(0, once), b: at(d + 1, once), c: at(2 * (d + 1), twice)};
  });
}

/** Elements of a mask at one point: r, its MAC, v, r v. */
export const MASK_ELEMENTS = 4;

/** Masks at `point`, `MASK_ELEMENTS` elements each. */
export function masksAt(elements: readonly bigint[], shape: StockShape, point: bigint): bigint[] {
  const d = degreeOf(shape);
  const {mask: size} = stockSizes(shape);
  const [once, twice] = [d, 2 * d].map((last) => lagrangeWeights(nodesTo(last), point)) as [bigint[], bigint[]];
  return Array.from({length: elements.length / size}, (_, number) => {
    const from = number * size;
    return [
      valueAt(elements, from, {weights: once, stride: 2}),
      valueAt(elements, from + 1, {weights: once, stride: 2}),
      valueAt(elements, from + 2 * (d + 1), {weights: once, stride: 1}),
      valueAt(elements, from + 3 * (d + 1), {weights: twice, stride: 1}),
    ];
  }).flat();
}

const valueAt = (
  elements: readonly bigint[],
  first: number,
  {weights, stride}: {readonly weights: readonly bigint[]; readonly stride: number},
): bigint => weights.reduce((sum, weight, at) => add(sum, mul(weight, elements[first + stride * at]!)), 0n);
