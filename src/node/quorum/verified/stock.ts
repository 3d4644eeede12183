/**
 * Triples and masks that are kept under numbers until they are used. Nobody trusts who hands the numbers out: it can give
 * one number to several jobs, each with other custodians, and a triple that two evaluations use tells what they multiply.
 * So a number stands for polynomials with c = a b, and each use takes their values at a point of its own. Every honest
 * custodian spends a number once, so there are no more uses than honest custodians, n - t, and at that many points
 * polynomials of degree n - t - 1 have independent values (Choudhury and Patra, 2017, extract triples so).
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {packElements} from "../field/bytes.js";
import {elementOf} from "../field/random.js";
import {countOf, slice, type Vector} from "../field/vector.js";
import {
  type Authenticated,
  type AuthenticatedTriples,
  authenticate,
  checkHidden,
  joinAll,
  multiply,
  type Session,
} from "./authenticated.js";
import {nodesTo, weightsOf} from "./nodes.js";
import {weightsAt} from "./opening.js";
import {checkedProducts} from "./preprocess.js";
import {compareHeard, type Party, type Protocol} from "./protocol.js";

export type StockShape = Pick<Party, "n" | "t" | "field">;
export interface Stock {
  readonly triples: number;
  readonly masks: number;
}

const DOMAIN = utf8("qvm/stock/point/1");
/** Authenticated values of one job: what a round of it sends stays well below a message. */
const VALUES_MAX = 300_000;

const degreeOf = ({n, t}: Pick<StockShape, "n" | "t">): number => n - t - 1;

/** Triples, and masks, that one job may make. */
export const stockMax = (shape: Pick<StockShape, "n" | "t">): number =>
  Math.floor(VALUES_MAX / (4 * degreeOf(shape) + 3));

/**
 * What this custodian keeps of each kind: a matrix with a column for each number.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* makeStock(
  session: Session,
  {triples, masks}: Stock,
): Protocol<{readonly triples: Vector; readonly masks: Vector}> {
  const d = degreeOf(session.party);
  const [as, bs] = [polynomials(session, triples, d), polynomials(session, triples, d)];
  const cs = yield* checkedProducts(session, as, bs);
  const known = (rows: Vector, count: number): Vector => slice(rows, 0, (d + 1) * count);
  const made = yield* authenticate(session, concat(known(as, triples), known(bs, triples), cs));
  const [rs, vs] = [polynomials(session, masks, d), polynomials(session, masks, d)];
  // The client checks these.
  const rvs = yield* multiply(session, rs, vs);
  const masked = yield* authenticate(session, known(rs, masks));
  yield* checkHidden(session, joinAll([made, masked]));
  yield* compareHeard(session.party);
  return {
    triples: concat(made.shares, made.macs),
    masks: concat(masked.shares, masked.macs, known(vs, masks), rvs),
  };
}

/** Random polynomials of degree d by their values at 0 to 2d: a row for each point, in it a value for each number. */
function polynomials({randomness, party}: Session, count: number, d: number): Vector {
  const random = randomness.randoms((d + 1) * count);
  const further = nodesTo(2 * d).slice(d + 1);
  return concat(random, ...further.map((point) => party.field.combine(weightsAt(nodesTo(d), point), random)));
}

/** Where the polynomials are taken for the use that `digest` names. */
export function pointOf(digest: Uint8Array): bigint {
  for (let attempt = 0; ; attempt++) {
    const point = elementOf(shake256(concat(DOMAIN, digest, Uint8Array.of(attempt)), 16));
    if (point !== null) return point;
  }
}

/** Rows of a matrix from which the value at a point is taken, by weights for each number of rows. */
function valuesAt({n, t, field}: StockShape, point: bigint) {
  const d = degreeOf({n, t});
  const [once, twice] = [packElements(weightsOf(d, point)), packElements(weightsOf(2 * d, point))];
  return (matrix: Vector, count: number) => {
    let row = 0;
    return (degree: "once" | "twice"): Vector => {
      const weights = degree === "once" ? once : twice;
      const from = row;
      row += countOf(weights);
      return field.combine(weights, slice(matrix, from * count, row * count));
    };
  };
}

/** Rows of a triple: a, b and c, then their MACs. */
const tripleRows = (d: number): number => 2 * (4 * d + 3);
/** Rows of a mask: r, its MAC, v, r v. */
const maskRows = (d: number): number => 5 * d + 4;

/** Triples at `point` of the numbers that `matrix` is of. */
export function triplesAt(matrix: Vector, shape: StockShape, point: bigint): AuthenticatedTriples {
  const next = valuesAt(shape, point)(matrix, countOf(matrix) / tripleRows(degreeOf(shape)));
  const three = (): readonly [Vector, Vector, Vector] => [next("once"), next("once"), next("twice")];
  const [shares, macs] = [three(), three()];
  const part = (at: 0 | 1 | 2): Authenticated => ({shares: shares[at], macs: macs[at]});
  return {a: part(0), b: part(1), c: part(2)};
}

/** Rows of a mask at one point: r, its MAC, v, r v. */
export const MASK_ROWS = 4;

/** Masks at `point`: a matrix of `MASK_ROWS`. */
export function masksAt(matrix: Vector, shape: StockShape, point: bigint): Vector {
  const next = valuesAt(shape, point)(matrix, countOf(matrix) / maskRows(degreeOf(shape)));
  return concat(next("once"), next("once"), next("once"), next("twice"));
}
