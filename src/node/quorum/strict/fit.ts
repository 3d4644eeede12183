/** Whether the custodians of a roster could run a program. */
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {checkPolicyKnown} from "../policy/supported.js";
import {checkCost} from "../verified/cost.js";
import type {Members} from "./members.js";

/**
 * Refuses a program that would never run under the roster of `members`, or not as its policy says.
 * @throws RuleError POLICY_UNKNOWN, PROGRAM_TOO_COSTLY, PROGRAM_TOO_WIDE
 */
export function checkFits(program: Pick<ProgramPackage, "ir" | "unknownPolicy">, {n, k}: Members): void {
  checkPolicyKnown(program);
  checkCost(program.ir, {n, t: k - 1});
}
