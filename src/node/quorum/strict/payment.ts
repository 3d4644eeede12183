/**
 * What evaluations cost, taken from everything that they come out of, by each custodian for itself: the budget, the rate and
 * the spacing of the client, the budget of its organisation, and that of all clients together.
 */
import {DEFAULT_POLICY, type PolicyManifest} from "../../../codecs/quorum/policy.js";
import {RuleError} from "../../../errors.js";
import {payTogether} from "./organisation-budget.js";
import type {Quota, StrictStore} from "./store.js";

/** Units of a rate bucket for one evaluation: milliseconds of a minute, so that nothing is ever rounded. */
const UNITS = 60_000n;
/** Whose spending a budget of the whole program limits. */
const EVERYONE = "";

/** Evaluations that a client has a ticket for. */
export interface Purchase {
  readonly programId: string;
  readonly policy: PolicyManifest;
  readonly client: string;
  /** That the client is of; empty where the roster names none. */
  readonly organisation: string;
  readonly evaluations: number;
  readonly nowMs: bigint;
}

type Books = Pick<StrictStore, "quota" | "saveQuota" | "spent" | "saveSpent" | "soon">;

/**
 * All of them or none.
 * @returns writes down what is left
 * @throws RuleError BUDGET_EXHAUSTED, RATE_EXCEEDED, TOO_SOON, PROGRAM_BUDGET_EXHAUSTED, and as `payTogether`
 */
export function pay(books: Books, purchase: Purchase): () => void {
  const {policy, evaluations, nowMs} = purchase;
  return paid(books, purchase, charge(policy, quotaOf(books, purchase), {nowMs, evaluations}));
}

/**
 * The same for evaluations of before, that others took part in: off the budgets alone. How quickly they came is not known here.
 * @throws RuleError BUDGET_EXHAUSTED, PROGRAM_BUDGET_EXHAUSTED, and as `payTogether`
 */
export function payLate(books: Books, purchase: Purchase): () => void {
  const {programId, policy, client, evaluations} = purchase;
  const quota = books.quota(programId, client) ?? refilled(policy, null, 0n);
  return paid(books, purchase, {...quota, remaining: remainingOf(policy, quota, evaluations)});
}

function paid(books: Books, purchase: Purchase, left: Quota): () => void {
  const {programId, policy, client, organisation, evaluations} = purchase;
  const spent = policy.budgetTotal === undefined ? null : spentWith(books.spent(programId, EVERYONE), purchase);
  const paidTogether = payTogether(books, {programId, policy, organisation, cost: costOf(policy, evaluations)});
  return () => {
    paidTogether();
    books.saveQuota(programId, client, left);
    if (spent !== null) books.saveSpent(programId, EVERYONE, spent);
  };
}

/** What is left of the budget of all clients together; `null` where there is none. */
export const leftOfTotal = (
  books: Pick<StrictStore, "spent">,
  {programId, policy: {budgetTotal}}: Pick<Purchase, "programId" | "policy">,
): bigint | null => (budgetTotal === undefined ? null : budgetTotal - books.spent(programId, EVERYONE));

/**
 * A clock that was set back: what it shows counts from then on, also where the client is refused, who would otherwise wait until
 * the clock is again where it was.
 */
function quotaOf(books: Books, {programId, client, nowMs}: Purchase): Quota | null {
  const quota = books.quota(programId, client);
  if (!quota || quota.atMs <= nowMs) return quota;
  books.soon(() => {
    const now = books.quota(programId, client);
    if (now && now.atMs > nowMs) books.saveQuota(programId, client, {...now, atMs: nowMs});
  });
  return {...quota, atMs: nowMs};
}

const costOf = ({costPerEval = DEFAULT_POLICY.costPerEval}: PolicyManifest, evaluations: number): bigint =>
  BigInt(evaluations) * costPerEval;

/** What all have spent once this is paid. @throws RuleError PROGRAM_BUDGET_EXHAUSTED */
function spentWith(before: bigint, {policy, evaluations}: Purchase): bigint {
  const {budgetTotal = 0n} = policy;
  const [remaining, cost] = [budgetTotal - before, costOf(policy, evaluations)];
  if (remaining >= cost) return before + cost;
  throw new RuleError(
    "PROGRAM_BUDGET_EXHAUSTED",
    `budget of all clients together exhausted (remaining=${remaining}, cost=${cost})`,
    {hint: "a program with another policy has another id, and needs approvals of its own"},
  );
}

/**
 * What a client has left after `evaluations`.
 * @throws RuleError BUDGET_EXHAUSTED, RATE_EXCEEDED, TOO_SOON
 */
export function charge(
  policy: PolicyManifest,
  quota: Quota | null,
  {nowMs, evaluations}: {readonly nowMs: bigint; readonly evaluations: number},
): Quota {
  const many = BigInt(evaluations);
  const {units, atMs, ...before} = refilled(policy, quota, nowMs);
  const remaining = remainingOf(policy, before, evaluations);
  checkSpacing(policy, quota, nowMs);
  if (units < many * UNITS) throw new RuleError("RATE_EXCEEDED", "rate limit exceeded", {hint: "wait a minute"});
  return {remaining, units: units - many * UNITS, atMs};
}

/** @throws RuleError BUDGET_EXHAUSTED */
function remainingOf(policy: PolicyManifest, {remaining}: Pick<Quota, "remaining">, evaluations: number): bigint {
  const cost = costOf(policy, evaluations);
  if (remaining >= cost) return remaining - cost;
  throw new RuleError("BUDGET_EXHAUSTED", `budget exhausted (remaining=${remaining}, cost=${cost})`);
}

/** @throws RuleError TOO_SOON */
function checkSpacing({minSpacingMs = 0n}: PolicyManifest, quota: Quota | null, nowMs: bigint): void {
  const waitMs = quota ? quota.atMs + minSpacingMs - nowMs : 0n;
  if (waitMs <= 0n) return;
  throw new RuleError("TOO_SOON", `the last evaluation was less than ${minSpacingMs} ms ago`, {
    hint: `wait ${waitMs} ms; clocks of custodians may be a little apart`,
  });
}

function refilled(policy: PolicyManifest, quota: Quota | null, nowMs: bigint): Quota {
  const rate = policy.maxEvalsPerMinute ?? DEFAULT_POLICY.maxEvalsPerMinute;
  const capacity = rate * UNITS;
  // A policy without a budget allows nothing.
  if (!quota) return {remaining: policy.budgetPerIdentity ?? 0n, units: capacity, atMs: nowMs};
  // A clock that was set back refills nothing.
  const elapsed = nowMs > quota.atMs ? nowMs - quota.atMs : 0n;
  const units = quota.units + elapsed * rate;
  return {remaining: quota.remaining, units: units < capacity ? units : capacity, atMs: nowMs};
}
