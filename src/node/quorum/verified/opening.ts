/**
 * Opening shared values: everybody sends its shares to everybody, and each holds all that came against one polynomial.
 * With no more than degree + 1 custodians present there is nothing to hold them against; MACs are what protects then.
 */
import {decodeElements, encodeElements} from "../../../codecs/quorum/element.js";
import {DecodeError, RuleError} from "../../../errors.js";
import {add, mul} from "../field/field.js";
import {lagrangeWeights} from "../sharing/shamir.js";
import {exchangeCommitted} from "./commitment.js";
import {wrongPoints} from "./decode.js";
import {abort, exchange, type Incoming, type Party, type Protocol, tooFew} from "./protocol.js";

const INCONSISTENT = "inconsistent-opening";

/**
 * The values of which `shares` are this custodian's shares, of polynomials of at most `degree`.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* open(party: Party, shares: readonly bigint[], degree: number = party.t): Protocol<bigint[]> {
  if (shares.length === 0) return [];
  return combine(yield* exchange(party, encodeElements(shares)), {count: shares.length, degree, t: party.t});
}

/**
 * The same for a value that must come out as 0: shares are committed to first, because with no more than degree + 1
 * custodians whoever speaks last could choose the value.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* openCommitted(party: Party, share: bigint): Protocol<bigint> {
  const [value] = combine(yield* exchangeCommitted(party, encodeElements([share])), {
    count: 1,
    degree: party.t,
    t: party.t,
  });
  return value!;
}

/**
 * The values at `at` of the `count` polynomials of at most `degree` of which each message has one point. Where they fit not,
 * those that are off are named if t of them cannot make it look as if others were.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function combine(
  incoming: Incoming,
  {
    count,
    degree,
    t,
    at: target = 0n,
  }: {readonly count: number; readonly degree: number; readonly t: number; readonly at?: bigint},
): bigint[] {
  const rows = incoming.flatMap((message, place) =>
    message === null ? [] : [{place, x: BigInt(place + 1), values: elementsOf(message, count, place)}],
  );
  if (rows.length <= degree) tooFew(rows.length, degree + 1);
  const xs = rows.map(({x}) => x);
  const base = xs.slice(0, degree + 1);
  const atTarget = lagrangeWeights(base, target);
  const extras = xs.slice(degree + 1).map((x) => lagrangeWeights(base, x));
  const through = (weights: readonly bigint[], value: number): bigint =>
    weights.reduce((sum, weight, at) => add(sum, mul(weight, rows[at]!.values[value]!)), 0n);
  return Array.from({length: count}, (_, value) => {
    const fits = extras.every((weights, at) => through(weights, value) === rows[degree + 1 + at]!.values[value]);
    if (fits) return through(atTarget, value);
    const points = rows.map(({x, values}) => ({x, y: values[value]!}));
    const wrong = rows.length > degree + 2 * t ? wrongPoints(points, degree) : null;
    return abort(
      INCONSISTENT,
      (wrong ?? []).map((at) => rows[at]!.place),
    );
  });
}

/**
 * The same protocol, naming nobody for shares that fit not: where somebody dealt them, it may be that one's deed or the
 * deed of who holds them.
 */
export function* namingNobody<T>(protocol: Protocol<T>): Protocol<T> {
  try {
    return yield* protocol;
  } catch (error) {
    if (error instanceof RuleError && error.details.reason === INCONSISTENT) return abort(INCONSISTENT);
    throw error;
  }
}

/** The elements that the custodian at `place` sent. @throws RuleError EVALUATION_ABORTED */
export function elementsOf(message: Uint8Array, count: number, place: number): bigint[] {
  try {
    return decodeElements(message, count);
  } catch (error) {
    if (error instanceof DecodeError) return abort("malformed", [place]);
    throw error;
  }
}
