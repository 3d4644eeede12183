/**
 * New shares of the same secrets, under new keys (Herzberg and others, 1995). What leaked of the old ones before is
 * worth nothing afterwards. Whoever lost its shares gets them back from the others, who learn nothing by it.
 */
import {concat} from "../../../codecs/bytes.js";
import {InvariantError} from "../../../errors.js";
import {packElements} from "../field/bytes.js";
import {mul, sub} from "../field/field.js";
import {fieldSource} from "../field/random.js";
import {countOf, dot, elementAt, isZero, ones, type Vector} from "../field/vector.js";
import {dealSubShares} from "../sharing/refresh.js";
import {evaluatePolynomial, firstHolders} from "../sharing/shamir.js";
import {type Authenticated, authenticate, checkHidden, type Session} from "./authenticated.js";
import {combine, elementsOf, namingNobody, open} from "./opening.js";
import {abort, compareHeard, type Party, type Protocol, tooFew} from "./protocol.js";
import {agreeOnKeys, drawChallenges, SharedRandomness} from "./prss.js";

export interface Renewal {
  /** This custodian's shares, one for each secret; what it puts where it has none is not looked at. */
  readonly shares: Vector;
  /** Places of those who lost theirs. */
  readonly recovering: readonly number[];
  /** Digest of the job. */
  readonly job: Uint8Array;
}

export interface Renewed {
  readonly keys: readonly Uint8Array[];
  readonly alpha: Vector;
  readonly secrets: Authenticated;
}

/** @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING */
export const renew = (party: Party, renewal: Renewal): Protocol<Renewed> => namingNobody(renewAll(party, renewal));

function* renewAll(party: Party, {shares, recovering, job}: Renewal): Protocol<Renewed> {
  let held = shares;
  for (const place of recovering) held = yield* recover(party, held, {place, recovering});
  const keys = yield* agreeOnKeys(party);
  const randomness = new SharedRandomness(party, keys, job);
  const alpha = randomness.randoms(1);
  const session: Session = {party, randomness, alpha};
  const secrets = yield* authenticate(session, yield* refresh(party, held));
  yield* checkHidden(session, secrets);
  yield* compareHeard(party);
  return {keys, alpha, secrets};
}

/** Each custodian deals sharings of zero, which are checked before they are used: of degree t, and 0 at 0. */
function* refresh(party: Party, shares: Vector): Protocol<Vector> {
  if (shares.length === 0) return shares;
  const {field} = party;
  // One more than there are secrets hides the others in the check.
  const count = countOf(shares) + 1;
  const incoming = yield dealt(party, count, firstHolders(party.n));
  const given = incoming.map((message, place) =>
    message === null ? tooFew(party.n - 1, party.n) : elementsOf(message, count, place),
  );
  const challenges = yield* drawChallenges(party);
  const weights = concat(challenges(count - 1), ones(1));
  const opened = yield* open(party, concat(...given.map((values) => dot(field, weights, values))));
  const wrong = given.flatMap((_, dealer) => (isZero(elementAt(opened, dealer)) ? [] : [dealer]));
  if (wrong.length > 0) abort("wrong-resharing", wrong);
  return given.reduce((sum, values) => field.add(sum, values.subarray(0, shares.length)), shares);
}

/** `count` polynomials of degree t that are 0 at 0, as one message of their values for each of `xs`. */
function dealt({t, random}: Party, count: number, xs: readonly bigint[]): Uint8Array[] {
  const draw = fieldSource(random);
  const values = Array.from({length: count}, () => dealSubShares(t + 1, xs, draw));
  return xs.map((_, to) => packElements(values.map((row) => row[to]!)));
}

/**
 * The shares of the custodian at `place`, to itself: the others add polynomials to theirs that are 0 at its x alone, and
 * send it what comes out.
 */
function* recover(
  party: Party,
  shares: Vector,
  {place: lost, recovering}: {readonly place: number; readonly recovering: readonly number[]},
): Protocol<Vector> {
  if (shares.length === 0) return shares;
  const {field} = party;
  const lostX = BigInt(lost + 1);
  const helps = !recovering.includes(party.place);
  const count = countOf(shares);
  const nothing = party.broadcast(new Uint8Array());
  const masks = yield helps ? maskedAway(party, count, lostX) : nothing;
  const blinded = masks.reduce((sum: Vector, message, from) => {
    if (!helps || message === null || recovering.includes(from)) return sum;
    return field.add(sum, elementsOf(message, count, from));
  }, shares);
  const sent = nothing.map((none, to) => (helps && to === lost ? blinded : none));
  const incoming = yield sent;
  if (party.place !== lost) return shares;
  const helpers = incoming.map((message, from) => (recovering.includes(from) ? null : message));
  return combine(helpers, field, {count, degree: party.t, t: party.t, at: lostX});
}

/** Random polynomials of degree t that are 0 at `zeroX`: (x - zeroX) times one of degree t - 1. */
function maskedAway({n, t, random}: Party, count: number, zeroX: bigint): Uint8Array[] {
  if (t < 1) throw new InvariantError("one share is the secret");
  const draw = fieldSource(random);
  const factors = Array.from({length: count}, () => Array.from({length: t}, draw));
  return firstHolders(n).map((x) =>
    packElements(factors.map((factor) => mul(sub(x, zeroX), evaluatePolynomial(factor, x)))),
  );
}
