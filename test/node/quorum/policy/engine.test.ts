import {expect, test} from "vitest";
import {type Allowance, PolicyEngine} from "../../../../src/node/quorum/policy/engine.js";

const LIMITS = {costPerEval: 2n, budgetPerIdentity: 5n, maxEvalsPerMinute: 3n};
const engine = (maxTracked = 10, allowances: readonly Allowance[] = []): PolicyEngine => {
  const made = new PolicyEngine({maxTracked}, allowances);
  made.register("p", LIMITS);
  return made;
};

test("a refund gives cost and token back, but no token above the bucket", () => {
  const policy = engine();
  expect(policy.check("p", "alice", 0)).toBeNull();
  policy.refund("p", "alice");
  expect(policy.allowance("p", "alice")).toEqual({
    programId: "p",
    identity: "alice",
    remaining: 5n,
    bucket: {capacity: 3, tokens: 3, atSeconds: 0},
  });
  policy.refund("p", "alice");
  expect(policy.allowance("p", "alice")?.bucket?.tokens).toBe(3);
});

test("nobody is given back what nobody took", () => {
  const policy = engine();
  policy.refund("p", "alice");
  policy.refund("q", "alice");
  expect(policy.allowance("p", "alice")).toBeUndefined();
});

test("what was stored goes on where it was", () => {
  const before = engine();
  before.check("p", "alice", 100);
  before.check("p", "alice", 100);
  const after = engine(10, [before.allowance("p", "alice")!]);
  expect(after.check("p", "alice", 100)).toBe("budget exhausted (remaining=1, cost=2)");
});

test("a clock that went back adds no tokens and takes none", () => {
  const policy = engine(10, [
    {programId: "p", identity: "alice", remaining: 100n, bucket: {capacity: 3, tokens: 1, atSeconds: 50}},
  ]);
  expect(policy.check("p", "alice", 10)).toBeNull();
  expect(policy.check("p", "alice", 10)).toBe("rate limit exceeded");
});

test("a new identity beyond the most is refused, and a known one goes on", () => {
  const policy = engine(1);
  expect(policy.check("p", "alice", 0)).toBeNull();
  expect(policy.check("p", "mallory", 0)).toBe("too many identities");
  expect(policy.check("p", "alice", 0)).toBeNull();
});

test("a refused identity takes no place", () => {
  const policy = new PolicyEngine({maxTracked: 1});
  policy.register("p", {costPerEval: 1n, budgetPerIdentity: 0n});
  policy.register("q", LIMITS);
  expect(policy.check("p", "mallory", 0)).toBe("budget exhausted (remaining=0, cost=1)");
  expect(policy.check("q", "alice", 0)).toBeNull();
});
