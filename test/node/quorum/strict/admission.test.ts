import {expect, test} from "vitest";
import {charge} from "../../../../src/node/quorum/strict/admission.js";

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
