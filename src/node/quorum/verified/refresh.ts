/**
 * New shares of the same secrets, under new keys (Herzberg and others, 1995). What leaked of the old ones before is
 * worth nothing afterwards. Whoever lost its shares gets them back from the others, who learn nothing by it.
 */
import {encodeElements} from "../../../codecs/quorum/element.js";
import {InvariantError} from "../../../errors.js";
import {add, mul, sub} from "../field/field.js";
import {fieldSource} from "../field/random.js";
import {dealSubShares} from "../sharing/refresh.js";
import {evaluatePolynomial, firstHolders} from "../sharing/shamir.js";
import {type Authenticated, authenticate, checkHidden, type Session} from "./authenticated.js";
import {combine, elementsOf, namingNobody, open} from "./opening.js";
import {abort, compareHeard, type Party, type Protocol, tooFew} from "./protocol.js";
import {agreeOnKeys, drawChallenges, SharedRandomness} from "./prss.js";

export interface Renewal {
  /** This custodian's shares, one for each secret; what it puts where it has none is not looked at. */
  readonly shares: readonly bigint[];
  /** Places of those who lost theirs. */
  readonly recovering: readonly number[];
  /** Digest of the job. */
  readonly job: Uint8Array;
}

export interface Renewed {
  readonly keys: readonly Uint8Array[];
  readonly alpha: bigint;
  readonly secrets: readonly Authenticated[];
}

/** @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING */
export const renew = (party: Party, renewal: Renewal): Protocol<Renewed> => namingNobody(renewAll(party, renewal));

function* renewAll(party: Party, {shares, recovering, job}: Renewal): Protocol<Renewed> {
  let held = shares;
  for (const place of recovering) held = yield* recover(party, held, {place, recovering});
  const keys = yield* agreeOnKeys(party);
  const randomness = new SharedRandomness(party, keys, job);
  const [alpha] = randomness.randoms(1);
  const session: Session = {party, randomness, alpha: alpha!};
  const secrets = yield* authenticate(session, yield* refresh(party, held));
  yield* checkHidden(session, secrets);
  yield* compareHeard(party);
  return {keys, alpha: alpha!, secrets};
}

/** Each custodian deals sharings of zero, which are checked before they are used: of degree t, and 0 at 0. */
function* refresh(party: Party, shares: readonly bigint[]): Protocol<readonly bigint[]> {
  if (shares.length === 0) return [];
  // One more than there are secrets hides the others in the check.
  const count = shares.length + 1;
  const incoming = yield dealt(party, count, firstHolders(party.n));
  const given = incoming.map((message, place) =>
    message === null ? tooFew(party.n - 1, party.n) : elementsOf(message, count, place),
  );
  const challenge = yield* drawChallenges(party);
  const weights = shares.map(() => challenge());
  const checks = given.map((values) => values.reduce((sum, value, at) => add(sum, value * (weights[at] ?? 1n)), 0n));
  const opened = yield* open(party, checks);
  const wrong = opened.flatMap((value, dealer) => (value === 0n ? [] : [dealer]));
  if (wrong.length > 0) abort("wrong-resharing", wrong);
  return shares.map((share, at) => given.reduce((sum, values) => add(sum, values[at]!), share));
}

/** `count` polynomials of degree t that are 0 at 0, as one message of their values for each of `xs`. */
function dealt({t, random}: Party, count: number, xs: readonly bigint[]): Uint8Array[] {
  const draw = fieldSource(random);
  const values = Array.from({length: count}, () => dealSubShares(t + 1, xs, draw));
  return xs.map((_, to) => encodeElements(values.map((row) => row[to]!)));
}

/**
 * The shares of the custodian at `place`, to itself: the others add polynomials to theirs that are 0 at its x alone, and
 * send it what comes out.
 */
function* recover(
  party: Party,
  shares: readonly bigint[],
  {place: lost, recovering}: {readonly place: number; readonly recovering: readonly number[]},
): Protocol<readonly bigint[]> {
  if (shares.length === 0) return [];
  const lostX = BigInt(lost + 1);
  const helps = !recovering.includes(party.place);
  const nothing = party.broadcast(new Uint8Array());
  const masks = yield helps ? maskedAway(party, shares.length, lostX) : nothing;
  const blinded = shares.map((share, at) =>
    masks.reduce((sum, message, from) => {
      if (!helps || message === null || recovering.includes(from)) return sum;
      return add(sum, elementsOf(message, shares.length, from)[at]!);
    }, share),
  );
  const sent = nothing.map((none, to) => (helps && to === lost ? encodeElements(blinded) : none));
  const incoming = yield sent;
  if (party.place !== lost) return shares;
  const helpers = incoming.map((message, from) => (recovering.includes(from) ? null : message));
  return combine(helpers, {count: shares.length, degree: party.t, t: party.t, at: lostX});
}

/** Random polynomials of degree t that are 0 at `zeroX`: (x - zeroX) times one of degree t - 1. */
function maskedAway({n, t, random}: Party, count: number, zeroX: bigint): Uint8Array[] {
  if (t < 1) throw new InvariantError("one share is the secret");
  const draw = fieldSource(random);
  const factors = Array.from({length: count}, () => Array.from({length: t}, draw));
  return firstHolders(n).map((x) =>
    encodeElements(factors.map((factor) => mul(sub(x, zeroX), evaluatePolynomial(factor, x)))),
  );
}
