/** How many custodians, and how many of them open a value, the protocol can be run with. */
import {RuleError} from "../../../errors.js";
import type {Threshold} from "../sharing/shamir.js";

/** Keys of the shared randomness: one for each set of all but t custodians. */
const SETS_MAX = 1_000;

/** @throws RuleError THRESHOLD_TOO_LOW, THRESHOLD_TOO_HIGH, CUSTODIANS_TOO_MANY */
export function checkShape({n, k}: Threshold): void {
  const t = k - 1;
  if (k < 2) throw new RuleError("THRESHOLD_TOO_LOW", "a value that one custodian opens is no secret");
  if (n < 2 * t + 1)
    throw new RuleError("THRESHOLD_TOO_HIGH", `${n} custodians of whom ${k} open a value need a dealer`, {
      hint: `without one, at most ${Math.floor((n + 1) / 2)} of ${n} may be needed to open`,
    });
  const sets = setCount(n, t);
  if (sets > SETS_MAX)
    throw new RuleError("CUSTODIANS_TOO_MANY", `${n} custodians with threshold ${k} need ${sets} shared keys`, {
      hint: `choose fewer custodians or a lower threshold: at most ${SETS_MAX} keys`,
    });
}

/** C(n, t) */
function setCount(n: number, t: number): number {
  let count = 1;
  for (let at = 1; at <= t; at++) count = (count * (n - t + at)) / at;
  return count;
}
