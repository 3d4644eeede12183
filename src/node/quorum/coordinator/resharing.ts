/**
 * Resharing and rotation over HTTP as one coordinator drives it. All that is decided is here, and synchronous; the calls
 * are made around it.
 *
 * The coordinator of this profile sees the sub-shares and the interpolation terms of newcomers, so it could compute the
 * secret: what it drives protects against custodians whose old shares leak, not against itself (defect D4).
 */
import {isObject, type Value} from "../../../codecs/quorum/json.js";
import {RuleError, UnavailableError} from "../../../errors.js";
import {add, reduce} from "../field/field.js";
import type {Holder, PendingRefresh} from "./store.js";

/** Sub-shares in an answer to `/reshare_generate`, in the order of `xs`, or `null` where one is missing. */
export function readSubShares(reply: Value | null, xs: readonly bigint[]): readonly bigint[] | null {
  const shares = reply === null || !isObject(reply) ? undefined : reply.get("sub_shares");
  if (!isObject(shares)) return null;
  const values = xs.map((x) => shares.get(`${x}`));
  return values.every((value) => typeof value === "string" && /^[0-9]+$/.test(value))
    ? values.map((value) => BigInt(value as string))
    : null;
}

/** Whether an answer to `/reshare_generate` says that its custodian knows refreshes by their names. */
export const knowsRefresh = (reply: Value | null, id: string): boolean =>
  reply !== null && isObject(reply) && reply.get("refresh_id") === id;

/** The term in an answer to `/reshare_lagrange_partial`, or `null`. */
export function readPartial(reply: Value | null): bigint | null {
  const partial = reply === null || !isObject(reply) ? undefined : reply.get("partial");
  return typeof partial === "string" && /^[0-9]+$/.test(partial) ? BigInt(partial) : null;
}

/** Values that each target gets from all dealers, summed. `dealt` has a row for each dealer. */
export const sumByTarget = (dealt: readonly (readonly bigint[])[]): readonly bigint[] =>
  (dealt[0] ?? []).map((_, at) => dealt.reduce((sum, row) => add(sum, row[at]!), 0n));

/**
 * Who is known to hold which share after `applied` of the `participants` said that they added theirs. Whether the others
 * did is not known: an answer may have been lost. Shares of before and after do not combine, so only a group that is known
 * to be whole goes on, and the rest is stale until it is recovered. Until there is one, those that add a refresh once
 * only keep what they may be told again (`pending`).
 */
export function holdersAfter(
  holders: readonly Holder[],
  {
    participants,
    applied,
    threshold,
    pendingOf = () => null,
  }: {
    readonly participants: readonly Holder[];
    readonly applied: ReadonlySet<Holder>;
    readonly threshold: number;
    readonly pendingOf?: (holder: Holder) => PendingRefresh | null;
  },
): readonly Holder[] {
  const moved = applied.size >= threshold;
  return holders.map((holder) => {
    const {pending: before, ...rest} = holder;
    if (moved) return {...rest, stale: !applied.has(holder)};
    const takesPart = participants.includes(holder);
    const pending = takesPart ? pendingOf(holder) : before;
    return {...rest, stale: holder.stale || takesPart, ...(pending ? {pending} : {})};
  });
}

/** Those that were told the same refresh and may not have heard it, where they are enough to go on with. */
export function unsettled(holders: readonly Holder[], threshold: number): readonly (readonly Holder[])[] {
  const groups = new Map<string, Holder[]>();
  for (const holder of holders)
    if (holder.pending) groups.set(holder.pending.id, [...(groups.get(holder.pending.id) ?? []), holder]);
  return [...groups.values()].filter(({length}) => length >= threshold);
}

export interface RotationRequest {
  readonly retire: readonly bigint[];
  readonly onboardUrls: readonly string[];
  /** Empty takes the next free ones. */
  readonly onboardXs: readonly bigint[];
}
export interface RotationPlan {
  readonly survivors: readonly Holder[];
  readonly retired: readonly Holder[];
  readonly newcomers: readonly Holder[];
}

/**
 * Checks a rotation of `holders` before anything is asked of anyone (defect D18).
 * @throws RuleError ROTATION_INVALID
 */
export function planRotation(
  holders: readonly Holder[],
  {retire, onboardUrls, onboardXs}: RotationRequest,
  threshold: number,
): RotationPlan {
  const refuse = (why: string): never => {
    throw new RuleError("ROTATION_INVALID", why);
  };
  const retired = retire.map(
    (index) => holders.find((each) => BigInt(each.index) === index) ?? refuse(`No custodian ${index} to retire`),
  );
  if (new Set(retired).size !== retired.length) refuse("A custodian is named twice");
  const survivors = holders.filter((holder) => !retired.includes(holder));
  if (survivors.length < threshold)
    refuse(`Cannot retire ${retired.length} custodians: would leave only ${survivors.length} < k=${threshold}`);
  const nextX = holders.reduce((last, {x}) => (x > last ? x : last), 0n) + 1n;
  const xs = onboardXs.length > 0 ? onboardXs : onboardUrls.map((_, at) => nextX + BigInt(at));
  if (xs.length !== onboardUrls.length) refuse("onboard_x_coords needs one coordinate for each URL");
  const taken = new Set(survivors.map(({x}) => x));
  const newcomers = xs.map((x, at) => {
    // A custodian answers with one more than its index, so x decides the index.
    if (x < 1n || x > MAX_X || reduce(x) !== x || taken.has(x)) refuse(`x = ${x} is not free`);
    taken.add(x);
    return {index: Number(x) - 1, url: onboardUrls[at]!, configured: false, x, stale: false};
  });
  return {survivors, retired, newcomers};
}

const MAX_X = 65_536n;

/** Refuses what too few take part in. @throws UnavailableError CUSTODIANS_MISSING */
export function checkParticipants(live: number, threshold: number, what: string): void {
  if (live < threshold)
    throw new UnavailableError("CUSTODIANS_MISSING", `Only ${live}/${threshold} custodians ${what}`);
}
