/** Whether the custodians of a roster could run a program. */
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {checkPolicyKnown} from "../policy/supported.js";
import {watchOf} from "../policy/watch.js";
import {runningIr} from "../program/running.js";
import {checkCost} from "../verified/cost.js";
import type {Members} from "./members.js";
import {checkCountable} from "./organisation-budget.js";
import {checkReachable} from "./organisations.js";

/**
 * Refuses a program that would never run under the roster of `members`, or not as its policy says.
 * @throws RuleError POLICY_UNKNOWN, PROGRAM_TOO_COSTLY, PROGRAM_TOO_WIDE, ORGANISATIONS_TOO_FEW, ORGANISATION_REQUIRED
 */
export function checkFits(program: Pick<ProgramPackage, "ir" | "policy" | "unknownPolicy">, members: Members): void {
  const {n, k, roster} = members;
  checkPolicyKnown(program);
  checkCost(runningIr(program), {n, t: k - 1}, watchOf(program.policy)?.window);
  checkReachable(program, roster);
  checkCountable(program, roster);
}
