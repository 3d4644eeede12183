/**
 * Opening shared values: everybody sends its shares to everybody, and each holds all that came against one polynomial.
 * With no more than degree + 1 custodians present there is nothing to hold them against; MACs are what protects then.
 */
import {concat, equalBytes} from "../../../codecs/bytes.js";
import {RuleError} from "../../../errors.js";
import {ELEMENT_BYTES, packElements, unpackElements} from "../field/bytes.js";
import {type Arithmetic, combineRows, countOf, elementAt, isVector, type Vector} from "../field/vector.js";
import {lagrangeWeights} from "../sharing/shamir.js";
import {exchangeCommitted} from "./commitment.js";
import {wrongPoints} from "./decode.js";
import {abort, exchange, type Incoming, type Party, type Protocol, tooFew} from "./protocol.js";

const INCONSISTENT = "inconsistent-opening";

/**
 * The values of which `shares` are this custodian's shares, of polynomials of at most `degree`.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* open(party: Party, shares: Vector, degree: number = party.t): Protocol<Vector> {
  if (shares.length === 0) return shares;
  return combine(yield* exchange(party, shares), party.field, {count: countOf(shares), degree, t: party.t});
}

/**
 * The same, with bytes beside the shares of which each custodian sends as many.
 * @throws as `open`
 */
export function* openBeside(
  party: Party,
  shares: Vector,
  beside: Uint8Array,
): Protocol<{readonly values: Vector; readonly beside: Incoming}> {
  const incoming = yield* exchange(party, concat(beside, shares));
  for (const [place, message] of incoming.entries())
    if (message !== null && message.length !== beside.length + shares.length) abort("malformed", [place]);
  const rest = incoming.map((message) => (message === null ? null : message.subarray(beside.length)));
  return {
    values:
      shares.length === 0 ? shares : combine(rest, party.field, {count: countOf(shares), degree: party.t, t: party.t}),
    beside: incoming.map((message) => (message === null ? null : message.subarray(0, beside.length))),
  };
}

/**
 * The value that one share is of, where it must come out as 0: shares are committed to first, because with no more than
 * degree + 1 custodians whoever speaks last could choose the value.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* openCommitted(party: Party, share: Vector): Protocol<Vector> {
  return combine(yield* exchangeCommitted(party, share), party.field, {count: 1, degree: party.t, t: party.t});
}

export interface Polynomials {
  readonly count: number;
  readonly degree: number;
  readonly t: number;
  /** Where their values are wanted; at 0 unless said. */
  readonly at?: bigint;
}

/**
 * The values of the polynomials of at most `degree` of which each message has one point. Where they fit not, those that are
 * off are named if t of them cannot make it look as if others were.
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function combine(incoming: Incoming, field: Arithmetic, {count, degree, t, at = 0n}: Polynomials): Vector {
  const rows = incoming.flatMap((message, place) =>
    message === null ? [] : [{place, x: BigInt(place + 1), values: elementsOf(message, count, place)}],
  );
  if (rows.length <= degree) tooFew(rows.length, degree + 1);
  const xs = rows.map(({x}) => x);
  const base = xs.slice(0, degree + 1);
  const known = rows.slice(0, degree + 1).map(({values}) => values);
  for (const {x, values} of rows.slice(degree + 1)) {
    const expected = combineRows(field, weightsAt(base, x), known);
    if (!equalBytes(expected, values)) blameWrong(rows, firstDifference(expected, values), {degree, t});
  }
  return combineRows(field, weightsAt(base, at), known);
}

interface Row {
  readonly place: number;
  readonly x: bigint;
  readonly values: Vector;
}

const firstDifference = (a: Vector, b: Vector): number =>
  Math.floor(a.findIndex((byte, at) => byte !== b[at]) / ELEMENT_BYTES);

/** @throws RuleError EVALUATION_ABORTED */
function blameWrong(rows: readonly Row[], value: number, {degree, t}: Pick<Polynomials, "degree" | "t">): never {
  const points = rows.map(({x, values}) => ({x, y: unpackElements(elementAt(values, value))[0]!}));
  const wrong = rows.length > degree + 2 * t ? wrongPoints(points, degree) : null;
  return abort(
    INCONSISTENT,
    (wrong ?? []).map((at) => rows[at]!.place),
  );
}

const WEIGHTS_KEPT = 1_024;
const weights = new Map<string, Vector>();

/** Weights with which values at `xs` sum to the value at `target`. Few are asked for, and again in every round. */
export function weightsAt(xs: readonly bigint[], target: bigint): Vector {
  const name = `${xs.join()};${target}`;
  const known = weights.get(name);
  if (known) return known;
  const found = packElements(lagrangeWeights(xs, target));
  if (weights.size >= WEIGHTS_KEPT) weights.clear();
  weights.set(name, found);
  return found;
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
export const elementsOf = (message: Uint8Array, count: number, place: number): Vector =>
  isVector(message, count) ? message : abort("malformed", [place]);
