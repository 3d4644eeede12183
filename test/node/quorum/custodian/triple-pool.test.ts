import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {QsdmError} from "../../../../src/errors.js";
import {POOL_MAX_TRIPLES, TriplePool} from "../../../../src/node/quorum/custodian/triple-pool.js";

const triple = (value: number) => ({a: BigInt(value), b: 0n, c: 0n});
const filled = (count: number): TriplePool => {
  const pool = new TriplePool();
  pool.add([{node: "m", first: 0, triples: Array.from({length: count}, (_, at) => triple(at))}]);
  return pool;
};
const take = (pool: TriplePool, index: number | null): number | string => {
  try {
    const {triples, floors} = pool.pick(["m"], index);
    pool.spend(floors);
    return Number(triples.get("m")!.a);
  } catch (error) {
    if (error instanceof QsdmError) return error.code;
    throw error;
  }
};

test("no triple is ever used twice, in whatever order they are asked for", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(12)), {maxLength: 30}), (asked) => {
      const pool = filled(10);
      const used = asked.map((index) => take(pool, index)).filter((each) => typeof each === "number");
      expect(new Set(used).size).toBe(used.length);
      // Taking a number spends those below it.
      expect(used).toEqual([...used].sort((a, b) => a - b));
    }),
  );
});

test("a number names the same triple at everyone, whoever missed what (defect D9)", () => {
  const [present, absent] = [filled(5), filled(5)];
  expect(take(present, 0)).toBe(0);
  expect([take(present, 1), take(absent, 1)]).toEqual([1, 1]);
  expect(take(absent, 0)).toBe("TRIPLE_SPENT");
});

describe("a delivery", () => {
  test("goes on where the last one ended, or leaves a gap where one was missed", () => {
    const pool = filled(2);
    const deliver = (first: number | null) => pool.number(new Map([["m", [triple(9)]]]), first);
    expect(deliver(null)[0]?.first).toBe(2);
    pool.add(deliver(7));
    expect([take(pool, 3), take(pool, 7), take(pool, null)]).toEqual(["TRIPLE_MISSING", 9, "TRIPLE_MISSING"]);
  });

  test("under a number that was delivered is refused, also when it is spent", () => {
    const pool = filled(2);
    take(pool, 1);
    for (const first of [0, 1])
      expect(() => pool.number(new Map([["m", [triple(1)]]]), first)).toThrow("was delivered before");
  });
});

test("a delivery that the pool has no room for is refused whole", () => {
  const pool = filled(POOL_MAX_TRIPLES - 1);
  const delivered = new Map([["m", [triple(1), triple(2)]]]);
  expect(() => pool.number(delivered, null)).toThrow(expect.objectContaining({code: "TRIPLE_POOL_FULL"}));
  expect(pool.number(new Map([["m", [triple(1)]]]), null)).toMatchObject([{first: POOL_MAX_TRIPLES - 1}]);
});
