/**
 * Difficulty, target and retarget in exact integers.
 * Source: QSDM mining protocol, section 4; the numerator is 2^256 - 1, one below what the reference's documents say (Q6).
 */
import {RuleError} from "../../../errors.js";

const MAX = (1n << 256n) - 1n;
const U64 = (1n << 64n) - 1n;

const refuse = (message: string): never => {
  throw new RuleError("DIFFICULTY_INVALID", message);
};

/** Largest value that a pow hash must stay strictly below. @throws RuleError DIFFICULTY_INVALID */
export function targetOf(difficulty: bigint | null): bigint {
  if (difficulty === null || difficulty <= 0n) return refuse("mining: difficulty must be > 0");
  const quotient = MAX / difficulty;
  return quotient === 0n ? 0n : quotient - 1n;
}

/** What a retarget works from. Times are signed 64-bit, all three in one unit: the reference's are seconds. */
export interface RetargetInput {
  readonly intervalBlocks: bigint;
  readonly blockTime: bigint;
  readonly clampFactor: bigint;
  readonly minDifficulty: bigint | null;
  readonly currentDifficulty: bigint | null;
  readonly startTime: bigint;
  readonly endTime: bigint;
}

/** The next difficulty. The minimum is applied last and wins over the clamp. @throws RuleError DIFFICULTY_INVALID */
export function retarget(input: RetargetInput): bigint {
  const {intervalBlocks, blockTime, clampFactor, minDifficulty, currentDifficulty, startTime, endTime} = input;
  if (intervalBlocks === 0n) refuse("mining: RetargetInterval must be > 0");
  if (blockTime === 0n) refuse("mining: TargetBlockTimeSeconds must be > 0");
  if (clampFactor < 2n) refuse(`mining: ClampFactor ${clampFactor} must be >= 2`);
  if (minDifficulty === null || minDifficulty <= 0n) return refuse("mining: MinDifficulty must be > 0");
  if (currentDifficulty === null || currentDifficulty <= 0n) return refuse("mining: current difficulty must be > 0");
  if (endTime <= startTime) refuse(`mining: retarget endTime ${endTime} must be > startTime ${startTime}`);
  // Both products wrap as the reference's 64-bit arithmetic does.
  const actual = (endTime - startTime) & U64;
  const expected = (intervalBlocks * blockTime) & U64;
  const upper = currentDifficulty * clampFactor;
  const lower = currentDifficulty / clampFactor;
  let next = (currentDifficulty * expected) / actual;
  if (next > upper) next = upper;
  if (next < lower) next = lower;
  return next < minDifficulty ? minDifficulty : next;
}

/** Whether the difficulty changes at `height`; genesis does not count. */
export const isRetargetHeight = (height: bigint, intervalBlocks: bigint): boolean =>
  height > 0n && height % intervalBlocks === 0n;
