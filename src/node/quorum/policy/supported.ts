/** A control that nobody enforces protects nothing, so whoever is to enforce a policy refuses what it cannot. */
import {policyFields} from "../../../codecs/quorum/policy.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {RuleError} from "../../../errors.js";

/** What parties of the strict profile take. @throws RuleError POLICY_UNKNOWN */
export function checkPolicyKnown({unknownPolicy}: Pick<ProgramPackage, "unknownPolicy">): void {
  const [first] = unknownPolicy;
  if (first === undefined) return;
  throw new RuleError("POLICY_UNKNOWN", `policy_manifest has a member that this build does not know: ${first}`, {
    details: {members: unknownPolicy},
    hint: "an older build may not know controls of a newer one; compile the program with this one",
  });
}

/**
 * What services of the compat profile take: the reference's own three fields. Members that nobody knows they pass over, as
 * the reference does, whose packages may carry them; controls of the strict profile they refuse.
 * @throws RuleError POLICY_UNSUPPORTED
 */
export function checkPolicyCompat({policy}: Pick<ProgramPackage, "policy">): void {
  const first = policyFields.find(([key, {compat}]) => policy[key] !== undefined && !compat);
  if (!first) return;
  const [, {member}] = first;
  throw new RuleError("POLICY_UNSUPPORTED", `the compat profile does not enforce ${member}`, {
    details: {member},
    hint: "custodians of the strict profile do: --roster and --key",
  });
}
