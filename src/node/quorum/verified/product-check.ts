/**
 * Whether many products of shared values are what their factors say, by openings whose number grows with the logarithm of
 * theirs (Goyal, Song and Zhu, 2020; Boneh et al., 2019): one random combination of all makes them one inner product. It is
 * cut into pieces, which are values of polynomials at 0, 1 and so on; that of the products has its degree twice, and where
 * it is right at a random point it is right everywhere. What is claimed there is an inner product of a piece's length.
 */
import {concat} from "../../../codecs/bytes.js";
import {packElements, unpackElements} from "../field/bytes.js";
import {countOf, dot, isZero, ones, slice, subtract, type Vector, zeros} from "../field/vector.js";
import {openProducts, type Session} from "./authenticated.js";
import {nodesTo, weightsOf} from "./nodes.js";
import {open, weightsAt} from "./opening.js";
import {abort, type Protocol} from "./protocol.js";
import {drawChallenges} from "./prss.js";

/** Pieces that an inner product is cut into: more take fewer rounds, and longer to compute. */
const PIECES = 8;

export interface Products {
  readonly xs: Vector;
  readonly ys: Vector;
  /** The products, pair by pair. */
  readonly zs: Vector;
}

/** Shares of two vectors, and of what their inner product is said to be. */
interface InnerProduct {
  readonly u: Vector;
  readonly v: Vector;
  readonly z: Vector;
}

/**
 * Needs everyone, as multiplying does. Wrong with probability below 2^-119.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* checkProducts(session: Session, {xs, ys, zs}: Products): Protocol<void> {
  const {party, randomness} = session;
  const {field} = party;
  const count = countOf(zs);
  if (count === 0) return;
  const weights = (yield* drawChallenges(party))(count);
  let claim: InnerProduct = {u: field.multiply(weights, xs), v: ys, z: dot(field, weights, zs)};
  while (countOf(claim.u) > PIECES) claim = yield* atRandomPoint(session, claim, PIECES);
  // One more piece, which is in nobody's claim, makes what is opened in the end random.
  const beside = {u: randomness.randoms(1), v: randomness.randoms(1)};
  const {u, v, z} = yield* atRandomPoint(session, claim, countOf(claim.u), beside);
  const opened = yield* open(party, concat(u, v, z));
  const [left, right, product] = [slice(opened, 0, 1), slice(opened, 1, 2), slice(opened, 2, 3)];
  if (!isZero(subtract(field, field.multiply(left, right), product))) abort("wrong-product");
}

/** The claim on `pieces` of it, taken at a random point. What is `beside` is a piece as long as they are. */
function* atRandomPoint(
  session: Session,
  {u, v, z}: InnerProduct,
  pieces: number,
  beside: Pick<InnerProduct, "u" | "v"> = {u: zeros(0), v: zeros(0)},
): Protocol<InnerProduct> {
  const {party} = session;
  const {field} = party;
  const length = Math.ceil(countOf(u) / pieces);
  const padding = zeros(pieces * length - countOf(u));
  const rows = {u: concat(u, padding, beside.u), v: concat(v, padding, beside.v)};
  const known = countOf(rows.u) / length;
  const nodes = nodesTo(known - 1);
  const at = (vector: Vector, node: number): Vector =>
    node < known
      ? slice(vector, node * length, (node + 1) * length)
      : field.combine(weightsAt(nodes, BigInt(node)), vector);
  // That of the first piece is what the claim leaves to it. Shares are weights here: batches take no time that depends on them.
  const further = Array.from({length: 2 * known - 2}, (_, before) => before + 1);
  const products = yield* openProducts(
    session,
    concat(...further.map((node) => dot(field, at(rows.u, node), at(rows.v, node)))),
  );
  const others = dot(field, ones(pieces - 1), slice(products, 0, pieces - 1));
  const values = concat(subtract(field, z, others), products);
  const [point] = unpackElements((yield* drawChallenges(party))(1)) as [bigint];
  const weights = packElements(weightsOf(known - 1, point));
  return {
    u: field.combine(weights, rows.u),
    v: field.combine(weights, rows.v),
    z: field.combine(packElements(weightsOf(2 * known - 2, point)), values),
  };
}
