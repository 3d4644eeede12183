/** The way back from a target, which no rule takes: what `targetOf` is held against, beside the recorded cases. */
import {RuleError} from "../../src/errors.js";

/** Difficulty that a target stands for (QSDM mining protocol, section 4.2). @throws RuleError DIFFICULTY_INVALID */
export function difficultyOf(target: bigint | null): bigint {
  if (target === null || target <= 0n) throw new RuleError("DIFFICULTY_INVALID", "mining: target must be > 0");
  return ((1n << 256n) - 1n) / (target + 1n);
}
