/**
 * Preprocessing without a dealer: authenticated triples and masks, made and verified before any input is known. Needs
 * everyone, and n at least 2t + 1.
 */
import {add} from "../field/field.js";
import {
  type Authenticated,
  type AuthenticatedTriple,
  authenticate,
  checkHidden,
  multiply,
  type Session,
} from "./authenticated.js";
import {open} from "./opening.js";
import {abort, compareHeard, type Party, type Protocol} from "./protocol.js";
import {agreeOnRandomness, drawChallenges} from "./prss.js";

/** A random value r with what its receiver needs to check it: shares of r, of another random v, and of r v. */
export interface InputMask {
  readonly r: Authenticated;
  readonly v: bigint;
  readonly rv: bigint;
}

export interface Preprocessing {
  readonly triples: readonly AuthenticatedTriple[];
  readonly masks: readonly InputMask[];
  readonly secrets: readonly Authenticated[];
}

export interface Demand {
  readonly triples: number;
  readonly masks: number;
  /** This custodian's shares of secrets, to be authenticated. */
  readonly secrets: readonly bigint[];
}

/** @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING */
export function* preprocess(party: Party, demand: Demand): Protocol<Preprocessing & {readonly session: Session}> {
  const randomness = yield* agreeOnRandomness(party);
  const [alpha] = randomness.randoms(1);
  const session: Session = {party, randomness, alpha: alpha!};
  return {session, ...(yield* prepare(session, demand))};
}

/** The same under keys that are there. @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING */
export function* prepare(session: Session, demand: Demand): Protocol<Preprocessing> {
  const triples = yield* makeTriples(session, demand.triples);
  const masks = yield* makeMasks(session, demand.masks);
  const secrets = yield* authenticate(session, demand.secrets);
  yield* checkHidden(session, [...triples.flatMap(({a, b, c}) => [a, b, c]), ...masks.map(({r}) => r), ...secrets]);
  yield* compareHeard(session.party);
  return {triples, masks, secrets};
}

/** Five products and one opening for each: c and a second product to sacrifice, and three MACs. */
function* makeTriples(session: Session, count: number): Protocol<AuthenticatedTriple[]> {
  const [as, bs] = [session.randomness.randoms(count), session.randomness.randoms(count)];
  const cs = yield* checkedProducts(
    session,
    as.map((a, at) => [a, bs[at]!]),
  );
  const authenticated = yield* authenticate(
    session,
    as.flatMap((a, at) => [a, bs[at]!, cs[at]!]),
  );
  return as.map((_, at) => ({
    a: authenticated[3 * at]!,
    b: authenticated[3 * at + 1]!,
    c: authenticated[3 * at + 2]!,
  }));
}

/**
 * Products of pairs of shares of random values, each held against a second product with the same factor.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* checkedProducts(
  session: Session,
  pairs: readonly (readonly [bigint, bigint])[],
): Protocol<readonly bigint[]> {
  const spares = session.randomness.randoms(pairs.length);
  const raw = pairs.map(([a, b], at) => ({a, b, spare: spares[at]!}));
  const products = yield* multiply(
    session,
    raw.flatMap(({a, b, spare}): (readonly [bigint, bigint])[] => [
      [a, b],
      [spare, b],
    ]),
  );
  const triples = raw.map((each, at) => ({...each, c: products[2 * at]!, spareC: products[2 * at + 1]!}));
  yield* sacrifice(session, triples);
  return triples.map(({c}) => c);
}

interface RawTriple {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  /** A second factor and its product with b, given up to check the first. */
  readonly spare: bigint;
  readonly spareC: bigint;
}

/** Whether c = a b for all: tau c - c' - (tau a - a') b is 0, all of them in one random combination. */
function* sacrifice({party}: Session, triples: readonly RawTriple[]): Protocol<void> {
  if (triples.length === 0) return;
  const challenge = yield* drawChallenges(party);
  const tau = challenge();
  const openings = yield* open(
    party,
    triples.map(({a, spare}) => add(tau * a, -spare)),
  );
  const combined = triples.reduce(
    (sum, {b, c, spareC}, at) => add(sum, challenge() * add(tau * c, -spareC - openings[at]! * b)),
    0n,
  );
  const [difference] = yield* open(party, [combined]);
  if (difference !== 0n) abort("wrong-product");
}

function* makeMasks(session: Session, count: number): Protocol<InputMask[]> {
  const {randomness} = session;
  const [rs, vs] = [randomness.randoms(count), randomness.randoms(count)];
  const raw = rs.map((r, at) => ({r, v: vs[at]!}));
  const products = yield* multiply(
    session,
    raw.map(({r, v}) => [r, v]),
  );
  const authenticated = yield* authenticate(
    session,
    raw.map(({r}) => r),
  );
  return raw.map(({v}, at) => ({r: authenticated[at]!, v, rv: products[at]!}));
}
