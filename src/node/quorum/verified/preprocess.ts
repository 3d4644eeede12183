/**
 * Preprocessing without a dealer: authenticated triples and masks, made and verified before any input is known. Needs
 * everyone, and n at least 2t + 1.
 */
import {concat} from "../../../codecs/bytes.js";
import {packElements} from "../field/bytes.js";
import {P} from "../field/field.js";
import {countOf, dot, isZero, slice, subtract, type Vector} from "../field/vector.js";
import {
  type Authenticated,
  type AuthenticatedTriples,
  authenticate,
  checkHidden,
  joinAll,
  multiply,
  type Session,
  sliceOf,
} from "./authenticated.js";
import {open} from "./opening.js";
import {abort, compareHeard, type Party, type Protocol} from "./protocol.js";
import {agreeOnRandomness, drawChallenges} from "./prss.js";

/** Random values r with what their receiver needs to check them: shares of r, of another random v, and of r v. */
export interface InputMasks {
  readonly r: Authenticated;
  readonly v: Vector;
  readonly rv: Vector;
}

export interface Preprocessing {
  readonly triples: AuthenticatedTriples;
  readonly masks: InputMasks;
  readonly secrets: Authenticated;
}

export interface Demand {
  readonly triples: number;
  readonly masks: number;
  /** This custodian's shares of secrets, to be authenticated. */
  readonly secrets: Vector;
}

/** @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING */
export function* preprocess(party: Party, demand: Demand): Protocol<Preprocessing & {readonly session: Session}> {
  const randomness = yield* agreeOnRandomness(party);
  const session: Session = {party, randomness, alpha: randomness.randoms(1)};
  const triples = yield* makeTriples(session, demand.triples);
  const masks = yield* makeMasks(session, demand.masks);
  const secrets = yield* authenticate(session, demand.secrets);
  yield* checkHidden(session, joinAll([triples.a, triples.b, triples.c, masks.r, secrets]));
  yield* compareHeard(party);
  return {session, triples, masks, secrets};
}

/** Five products and one opening for each: c and a second product to sacrifice, and three MACs. */
function* makeTriples(session: Session, count: number): Protocol<AuthenticatedTriples> {
  const [a, b] = [session.randomness.randoms(count), session.randomness.randoms(count)];
  const c = yield* checkedProducts(session, a, b);
  const all = yield* authenticate(session, concat(a, b, c));
  const part = (at: number): Authenticated => sliceOf(all, at * count, (at + 1) * count);
  return {a: part(0), b: part(1), c: part(2)};
}

/**
 * Products of shares of random values, pair by pair, each held against a second product with the same factor.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* checkedProducts(session: Session, a: Vector, b: Vector): Protocol<Vector> {
  const count = countOf(a);
  const spare = session.randomness.randoms(count);
  const products = yield* multiply(session, concat(a, spare), concat(b, b));
  const [c, spareC] = [slice(products, 0, count), slice(products, count, 2 * count)];
  yield* sacrifice(session, {a, b, c, spare, spareC});
  return c;
}

interface RawTriples {
  readonly a: Vector;
  readonly b: Vector;
  readonly c: Vector;
  /** Second factors and their products with b, given up to check the first. */
  readonly spare: Vector;
  readonly spareC: Vector;
}

/** Whether c = a b for all: tau c - c' - (tau a - a') b is 0, all of them in one random combination. */
function* sacrifice({party}: Session, {a, b, c, spare, spareC}: RawTriples): Protocol<void> {
  if (a.length === 0) return;
  const {field} = party;
  const challenges = yield* drawChallenges(party);
  const tauLessOne = concat(challenges(1), packElements([P - 1n]));
  const openings = yield* open(party, field.combine(tauLessOne, concat(a, spare)));
  const differences = subtract(field, field.combine(tauLessOne, concat(c, spareC)), field.multiply(openings, b));
  const difference = yield* open(party, dot(field, challenges(countOf(a)), differences));
  if (!isZero(difference)) abort("wrong-product");
}

function* makeMasks(session: Session, count: number): Protocol<InputMasks> {
  const {randomness} = session;
  const [r, v] = [randomness.randoms(count), randomness.randoms(count)];
  const rv = yield* multiply(session, r, v);
  return {r: yield* authenticate(session, r), v, rv};
}
