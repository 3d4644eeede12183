import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {isRetargetHeight, type RetargetInput, retarget, targetOf} from "../../../../src/node/ledger/mining/target.js";
import {difficultyOf} from "../../../support/difficulty.js";

const MAX = (1n << 256n) - 1n;
const input: RetargetInput = {
  intervalBlocks: 1_008n,
  blockTime: 10n,
  clampFactor: 4n,
  minDifficulty: 65_536n,
  currentDifficulty: 1_000_000n,
  startTime: 0n,
  endTime: 10_080n,
};

test("a larger difficulty never has a larger target, and none exceeds 2^256 - 2", () => {
  const difficulty = fc.bigInt({min: 1n, max: MAX + 5n});
  fc.assert(
    fc.property(difficulty, difficulty, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(targetOf(high)).toBeLessThanOrEqual(targetOf(low));
      expect(targetOf(low)).toBeLessThanOrEqual(MAX - 1n);
    }),
  );
});

test("difficulty and target lead back to each other below 2^128", () => {
  fc.assert(
    fc.property(fc.bigInt({min: 1n, max: (1n << 128n) - 1n}), (difficulty) => {
      expect(difficultyOf(targetOf(difficulty))).toBe(difficulty);
    }),
  );
});

test("a difficulty beyond 2^256 - 1 has target zero, which nothing meets", () => {
  expect(targetOf(MAX + 1n)).toBe(0n);
});

describe("a retarget", () => {
  test("keeps the difficulty when blocks came on time", () => expect(retarget(input)).toBe(1_000_000n));
  test("doubles it when they came in half the time, and halves it in double the time", () => {
    expect(retarget({...input, endTime: 5_040n})).toBe(2_000_000n);
    expect(retarget({...input, endTime: 20_160n})).toBe(500_000n);
  });

  test("moves by the clamp at most, and never below the minimum", () => {
    const seconds = fc.bigInt({min: 1n, max: 1n << 40n});
    fc.assert(
      fc.property(fc.bigInt({min: 1n, max: 1n << 200n}), seconds, (currentDifficulty, endTime) => {
        const next = retarget({...input, currentDifficulty, endTime});
        expect(next).toBeGreaterThanOrEqual(input.minDifficulty!);
        expect(next).toBeLessThanOrEqual(currentDifficulty * 4n > 65_536n ? currentDifficulty * 4n : 65_536n);
        if (currentDifficulty >= 65_536n * 4n) expect(next).toBeGreaterThanOrEqual(currentDifficulty / 4n);
      }),
    );
  });

  test.each([
    [{intervalBlocks: 0n}, "mining: RetargetInterval must be > 0"],
    [{blockTime: 0n}, "mining: TargetBlockTimeSeconds must be > 0"],
    [{clampFactor: 1n}, "mining: ClampFactor 1 must be >= 2"],
    [{minDifficulty: null}, "mining: MinDifficulty must be > 0"],
    [{minDifficulty: 0n}, "mining: MinDifficulty must be > 0"],
    [{currentDifficulty: null}, "mining: current difficulty must be > 0"],
    [{currentDifficulty: -1n}, "mining: current difficulty must be > 0"],
    [{endTime: 0n}, "mining: retarget endTime 0 must be > startTime 0"],
  ])("refuses %o", (change, message) => {
    expect(() => retarget({...input, ...change})).toThrow(
      expect.objectContaining({code: "DIFFICULTY_INVALID", message}),
    );
  });
});

test("genesis is no retarget height", () => {
  expect([0n, 1n, 1_007n, 1_008n, 1_009n, 2_016n].filter((height) => isRetargetHeight(height, 1_008n))).toEqual([
    1_008n,
    2_016n,
  ]);
});

test.each([null, 0n, -1n])("difficulty %s is refused", (value) => {
  expect(() => targetOf(value)).toThrow(expect.objectContaining({code: "DIFFICULTY_INVALID"}));
});
