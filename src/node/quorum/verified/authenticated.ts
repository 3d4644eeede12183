/**
 * Authenticated values: a share of v and one of alpha v, where alpha is a shared key that is never opened. Whoever
 * changes a value without knowing alpha leaves the pair wrong.
 */
import {add, mul, reduce} from "../field/field.js";
import {open, openCommitted} from "./opening.js";
import {abort, compareHeard, type Party, type Protocol} from "./protocol.js";
import type {SharedRandomness} from "./prss.js";
import {drawChallenges} from "./prss.js";

/** One custodian's part of an authenticated value. */
export interface Authenticated {
  readonly share: bigint;
  readonly mac: bigint;
}

/** c = a b, all of them random. */
export interface AuthenticatedTriple {
  readonly a: Authenticated;
  readonly b: Authenticated;
  readonly c: Authenticated;
}

/** What a custodian computes with: its channels, its shared randomness, its share of the MAC key. */
export interface Session {
  readonly party: Party;
  readonly randomness: SharedRandomness;
  readonly alpha: bigint;
}

/** What an evaluation takes of a session. */
export type Holder = Pick<Session, "party" | "alpha">;

/** a + scale b */
export const addScaled = (a: Authenticated, b: Authenticated, scale: bigint): Authenticated => ({
  share: add(a.share, scale * b.share),
  mac: add(a.mac, scale * b.mac),
});

/** A public value. */
export const constant = ({alpha}: Pick<Session, "alpha">, value: bigint): Authenticated => ({
  share: reduce(value),
  mac: mul(alpha, value),
});

/**
 * Products of pairs of shares of degree t, in one round: the product of the shares has degree 2t, so it is opened under
 * a random mask and the mask taken off again (Damgard, Nielsen, 2007). A cheat adds what it likes to a product and
 * nothing else.
 * @throws UnavailableError CUSTODIANS_MISSING when fewer than 2t + 1 take part
 */
export function* multiply(
  {party, randomness}: Pick<Session, "party" | "randomness">,
  pairs: readonly (readonly [bigint, bigint])[],
): Protocol<bigint[]> {
  const masks = randomness.randoms(pairs.length);
  const zeros = randomness.zeros(pairs.length);
  const masked = pairs.map(([x, y], at) => add(x * y, masks[at]! + zeros[at]!));
  const opened = yield* open(party, masked, 2 * party.t);
  return opened.map((value, at) => add(value, -masks[at]!));
}

/** Shares of `values` made authenticated, in one round. */
export function* authenticate(session: Session, shares: readonly bigint[]): Protocol<Authenticated[]> {
  const macs = yield* multiply(
    session,
    shares.map((share) => [share, session.alpha]),
  );
  return shares.map((share, at) => ({share, mac: macs[at]!}));
}

/**
 * Whether values that nobody may see are what their MACs say, all at once: a random combination of them, hidden behind
 * one more random value, is opened with its MAC. Wrong with probability below 2 / p.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* checkHidden(session: Session, values: readonly Authenticated[]): Protocol<void> {
  const [mask] = yield* authenticate(session, session.randomness.randoms(1));
  const challenge = yield* drawChallenges(session.party);
  const combined = values.reduce((sum, value) => addScaled(sum, value, challenge()), mask!);
  const [opened] = yield* open(session.party, [combined.share]);
  const [difference] = yield* open(session.party, [add(combined.mac, -opened! * session.alpha)]);
  if (difference !== 0n) abort("wrong-mac");
}

/** An opened value and the part of its MAC that this custodian holds. */
export interface Opened {
  readonly value: bigint;
  readonly mac: bigint;
}

/**
 * Whether opened values are what their MACs say. What everyone heard is compared first, then challenged: a value is fixed
 * before its weight is known. What must be 0 is shown times the random factor b of `blind`: a value moved by e leaves e
 * alpha, which would give away the key to whoever moved it, and the keys outlive the evaluation.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* checkOpened(
  {party, alpha}: Holder,
  values: readonly Opened[],
  {a, b, c}: AuthenticatedTriple,
): Protocol<void> {
  yield* compareHeard(party);
  if (values.length === 0) return;
  const challenge = yield* drawChallenges(party);
  let [sum, macs] = [0n, 0n];
  for (const {value, mac} of values) {
    const weight = challenge();
    sum = add(sum, weight * value);
    macs = add(macs, weight * mac);
  }
  const [masked] = yield* open(party, [add(macs, -alpha * sum - a.share)]);
  yield* compareHeard(party);
  if ((yield* openCommitted(party, add(c.share, masked! * b.share))) !== 0n) abort("wrong-mac");
}
