/**
 * Authenticated values: a share of v and one of alpha v, where alpha is a shared key that is never opened. Whoever
 * changes a value without knowing alpha leaves the pair wrong.
 */
import {concat} from "../../../codecs/bytes.js";
import {packElements} from "../field/bytes.js";
import {P} from "../field/field.js";
import {countOf, dot, isZero, ones, slice, subtract, type Vector} from "../field/vector.js";
import type {Hidden} from "./commitment.js";
import {open, openCommitted} from "./opening.js";
import {abort, type Incoming, type Party, type Protocol} from "./protocol.js";
import {drawChallenges, type SharedRandomness, showChallenges} from "./prss.js";

/** One custodian's part of authenticated values. */
export interface Authenticated {
  readonly shares: Vector;
  readonly macs: Vector;
}

/** c = a b, each of them random; as many of each. */
export interface AuthenticatedTriples {
  readonly a: Authenticated;
  readonly b: Authenticated;
  readonly c: Authenticated;
}

/** What a custodian computes with: its channels, its shared randomness, its share of the MAC key. */
export interface Session {
  readonly party: Party;
  readonly randomness: SharedRandomness;
  /** One element. */
  readonly alpha: Vector;
}

/** What an evaluation takes of a session. */
export type Holder = Pick<Session, "party" | "alpha">;

const MINUS_ONE = packElements([P - 1n]);

/** Both halves by the same rule. */
export const halves = (rule: (pick: (value: Authenticated) => Vector) => Vector): Authenticated => ({
  shares: rule(({shares}) => shares),
  macs: rule(({macs}) => macs),
});

export const joinAll = (parts: readonly Authenticated[]): Authenticated => halves((half) => concat(...parts.map(half)));
export const sliceOf = (value: Authenticated, from: number, to: number): Authenticated =>
  halves((half) => slice(half(value), from, to));

/** Public values. */
export const constants = ({party, alpha}: Holder, values: Vector): Authenticated => ({
  shares: values,
  macs: party.field.combine(alpha, values),
});

type Multiplier = Pick<Session, "party" | "randomness">;

/**
 * Products of shares of degree t, pair by pair, in one round. A cheat adds what it likes to a product and nothing else.
 * @throws as `openProducts`
 */
export const multiply = (session: Multiplier, xs: Vector, ys: Vector): Protocol<Vector> =>
  openProducts(session, session.party.field.multiply(xs, ys));

/**
 * Shares of degree t of what `products` are shares of with degree 2t, as products of shares and sums of them are: opened
 * under a random mask, which is taken off again (Damgard, Nielsen, 2007).
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING when fewer than 2t + 1 take part
 */
export function* openProducts({party, randomness}: Multiplier, products: Vector): Protocol<Vector> {
  const {field, t} = party;
  const {blinded, unblind} = randomness.blind(products);
  return field.add(yield* open(party, blinded, 2 * t), unblind);
}

/** Shares made authenticated, in one round. */
export function* authenticate(session: Session, shares: Vector): Protocol<Authenticated> {
  return {shares, macs: yield* openProducts(session, session.party.field.combine(session.alpha, shares))};
}

/**
 * Whether values that nobody may see are what their MACs say, all at once: a random combination of them, hidden behind
 * one more random value, is opened with its MAC. Wrong with probability below 2 / p.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* checkHidden(session: Session, values: Authenticated): Protocol<void> {
  const {party, alpha} = session;
  const {field} = party;
  const mask = yield* authenticate(session, session.randomness.randoms(1));
  const challenges = yield* drawChallenges(party);
  const weights = challenges(countOf(values.shares));
  const combined = halves((half) => field.add(half(mask), dot(field, weights, half(values))));
  const opened = yield* open(party, combined.shares);
  const difference = yield* open(party, subtract(field, combined.macs, field.multiply(opened, alpha)));
  if (!isZero(difference)) abort("wrong-mac");
}

/** Opened values and the part of their MACs that this custodian holds. */
export interface Opened {
  readonly values: Vector;
  readonly macs: Vector;
}

/** A check whose challenge every custodian has committed to. */
export interface Check {
  readonly hidden: Hidden;
  readonly commitments: Incoming;
  /** Used up by the check. */
  readonly blind: AuthenticatedTriples;
}

/** Of `checkOpened`. */
export const CHECK_ROUNDS = 4;

/**
 * Whether opened values are what their MACs say. Challenges were committed to before any of the values was opened, and are
 * shown together with what was heard: a value is fixed before its weight is known. What must be 0 is shown times the random
 * factor b of `blind`: a value moved by e leaves e alpha, which would give away the key to whoever moved it, and the keys
 * outlive the evaluation.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* checkOpened(
  {party, alpha}: Holder,
  {values, macs}: Opened,
  {hidden, commitments, blind: {a, b, c}}: Check,
): Protocol<void> {
  const {field} = party;
  const challenges = yield* showChallenges(party, hidden, commitments);
  const weights = challenges(countOf(values));
  const sum = dot(field, weights, values);
  const expected = field.multiply(alpha, sum);
  const masked = yield* open(
    party,
    field.combine(concat(ones(1), MINUS_ONE, MINUS_ONE), concat(dot(field, weights, macs), expected, a.shares)),
  );
  // What was opened is compared with the commitments to these, before any of them is shown.
  const difference = yield* openCommitted(party, field.add(c.shares, field.multiply(masked, b.shares)));
  if (!isZero(difference)) abort("wrong-mac");
}
