import {expect, test} from "vitest";
import type {PolicyManifest} from "../../../../src/codecs/quorum/policy.js";
import {charge, leftOfTotal, pay} from "../../../../src/node/quorum/strict/payment.js";
import type {Quota} from "../../../../src/node/quorum/strict/store.js";

const refusal = (code: string) => expect.objectContaining({code});

test("evaluations of one ticket are charged as so many one by one, or not at all", () => {
  const policy = {costPerEval: 3n, budgetPerIdentity: 20n, maxEvalsPerMinute: 5n};
  const nowMs = 1_000n;
  let left = charge(policy, null, {nowMs, evaluations: 1});
  for (let at = 1; at < 5; at++) left = charge(policy, left, {nowMs, evaluations: 1});
  expect(charge(policy, null, {nowMs, evaluations: 5})).toEqual(left);
  expect(left).toEqual({remaining: 5n, units: 0n, atMs: nowMs});
  // Six cost 18 of 20, and are more than five a minute.
  expect(() => charge(policy, null, {nowMs, evaluations: 6})).toThrow(refusal("RATE_EXCEEDED"));
  // A fifth of a minute brings one back; the budget is enough for one, and for no two.
  const later = nowMs + 24_000n;
  expect(() => charge(policy, left, {nowMs: later, evaluations: 2})).toThrow(refusal("BUDGET_EXHAUSTED"));
  expect(() => charge(policy, left, {nowMs: nowMs + 11_999n, evaluations: 1})).toThrow(refusal("RATE_EXCEEDED"));
  expect(charge(policy, left, {nowMs: later, evaluations: 1})).toEqual({remaining: 2n, units: 60_000n, atMs: later});
});

const ORGANISATIONS: Readonly<Record<string, string>> = {alice: "north", bob: "north", carol: "south"};

/** What a custodian has written down, and what a client pays under `policy`. */
function booksOf(policy: PolicyManifest) {
  const quotas = new Map<string, Quota>();
  const groups = new Map<string, bigint>();
  const books = {
    quota: (_: string, client: string) => quotas.get(client) ?? null,
    saveQuota: (_: string, client: string, quota: Quota) => void quotas.set(client, quota),
    spent: (_: string, whose: string) => groups.get(whose) ?? 0n,
    saveSpent: (_: string, whose: string, cost: bigint) => void groups.set(whose, cost),
    soon: (work: () => void) => work(),
  };
  const bill = (client: string, nowMs: bigint, evaluations = 1) =>
    pay(books, {programId: "p", policy, client, organisation: ORGANISATIONS[client] ?? "", evaluations, nowMs});
  return {bill, books, quotas, left: () => leftOfTotal(books, {programId: "p", policy})};
}

test("what all clients spend together comes out of one budget, and a refusal out of none", () => {
  const {bill, quotas, left} = booksOf({costPerEval: 2n, budgetPerIdentity: 100n, budgetTotal: 7n});
  expect(left()).toBe(7n);
  bill("alice", 0n)();
  bill("bob", 0n)();
  expect(left()).toBe(3n);
  expect(() => bill("carol", 0n, 2)).toThrow(refusal("PROGRAM_BUDGET_EXHAUSTED"));
  expect([left(), quotas.has("carol")]).toEqual([3n, false]);
  bill("carol", 0n)();
  expect(() => bill("alice", 0n)).toThrow(refusal("PROGRAM_BUDGET_EXHAUSTED"));
  // Each client's own is counted beside it.
  expect([left(), quotas.get("alice")!.remaining, quotas.get("carol")!.remaining]).toEqual([1n, 98n, 98n]);
});

test("clients of one organisation spend out of one budget, those of another not, and those of none nothing", () => {
  const {bill, quotas, books} = booksOf({costPerEval: 2n, budgetPerIdentity: 100n, budgetPerOrganisation: 7n});
  bill("alice", 0n)();
  bill("bob", 0n)();
  // 4 of 7 are spent, and two evaluations cost 4.
  expect(() => bill("alice", 0n, 2)).toThrow(refusal("ORGANISATION_BUDGET_EXHAUSTED"));
  bill("bob", 0n)();
  expect(() => bill("alice", 0n)).toThrow(refusal("ORGANISATION_BUDGET_EXHAUSTED"));
  expect(() => bill("bob", 0n)).toThrow(refusal("ORGANISATION_BUDGET_EXHAUSTED"));
  bill("carol", 0n, 3)();
  expect(() => bill("dave", 0n)).toThrow(refusal("ORGANISATION_REQUIRED"));
  expect([books.spent("p", "organisation north"), books.spent("p", "organisation south")]).toEqual([6n, 6n]);
  // A refusal takes nothing of anybody.
  expect([...quotas].map(([client, {remaining}]) => [client, remaining])).toEqual([
    ["alice", 98n],
    ["bob", 96n],
    ["carol", 94n],
  ]);
});

test("an organisation's budget and that of all are counted side by side", () => {
  const {bill, left} = booksOf({budgetPerIdentity: 100n, budgetPerOrganisation: 2n, budgetTotal: 3n});
  bill("alice", 0n, 2)();
  expect(() => bill("bob", 0n)).toThrow(refusal("ORGANISATION_BUDGET_EXHAUSTED"));
  bill("carol", 0n)();
  expect(left()).toBe(0n);
  expect(() => bill("carol", 0n)).toThrow(refusal("PROGRAM_BUDGET_EXHAUSTED"));
});

test("a program without a budget for all counts none", () => {
  const {bill, books, left} = booksOf({budgetPerIdentity: 5n});
  bill("alice", 0n)();
  expect([left(), books.spent("p", "")]).toEqual([null, 0n]);
});

test("as much time as the policy says lies between two evaluations of one client", () => {
  const {bill} = booksOf({budgetPerIdentity: 100n, minSpacingMs: 5_000n});
  bill("alice", 1_000n)();
  expect(() => bill("alice", 5_999n)).toThrow(refusal("TOO_SOON"));
  bill("bob", 1_001n)();
  bill("alice", 6_000n)();
  expect(() => bill("alice", 6_001n)).toThrow(expect.objectContaining({hint: expect.stringContaining("4999 ms")}));
});

test("a clock that was set back keeps a client waiting for the spacing, and not until it is again where it was", () => {
  const {bill, quotas} = booksOf({budgetPerIdentity: 100n, minSpacingMs: 5_000n, maxEvalsPerMinute: 1n});
  const day = 86_400_000n;
  bill("alice", day)();
  expect(() => bill("alice", 1_000n)).toThrow(refusal("TOO_SOON"));
  expect(quotas.get("alice")).toMatchObject({remaining: 99n, units: 0n, atMs: 1_000n});
  expect(() => bill("alice", 5_999n)).toThrow(refusal("TOO_SOON"));
  // The rate of one a minute counts from there too: nothing was refilled by going back.
  expect(() => bill("alice", 60_999n)).toThrow(refusal("RATE_EXCEEDED"));
  bill("alice", 61_000n)();
});
