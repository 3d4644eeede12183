/**
 * Preprocessing without a dealer: authenticated triples and masks, made and verified before any input is known. Needs
 * everyone, and n at least 2t + 1.
 */
import {concat} from "../../../codecs/bytes.js";
import type {Vector} from "../field/vector.js";
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
import {checkProducts} from "./product-check.js";
import {compareHeard, type Party, type Protocol} from "./protocol.js";
import {agreeOnRandomness} from "./prss.js";

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

/** Four products for each: c, and three MACs. */
function* makeTriples(session: Session, count: number): Protocol<AuthenticatedTriples> {
  const [a, b] = [session.randomness.randoms(count), session.randomness.randoms(count)];
  const c = yield* checkedProducts(session, a, b);
  const all = yield* authenticate(session, concat(a, b, c));
  const part = (at: number): Authenticated => sliceOf(all, at * count, (at + 1) * count);
  return {a: part(0), b: part(1), c: part(2)};
}

/**
 * Products of shares of random values, pair by pair, all of them checked.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* checkedProducts(session: Session, xs: Vector, ys: Vector): Protocol<Vector> {
  const zs = yield* multiply(session, xs, ys);
  yield* checkProducts(session, {xs, ys, zs});
  return zs;
}

function* makeMasks(session: Session, count: number): Protocol<InputMasks> {
  const {randomness} = session;
  const [r, v] = [randomness.randoms(count), randomness.randoms(count)];
  const rv = yield* multiply(session, r, v);
  return {r: yield* authenticate(session, r), v, rv};
}
