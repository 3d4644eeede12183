/** The policy of a program on the command line: flags that set it, and what prints of it. */
import type {Command} from "commander";
import {U64_MAX} from "../../codecs/amount.js";
import {type PolicyManifest, policyFields} from "../../codecs/quorum/policy.js";
import {cellRangeFlag, integerFlag} from "../flags.js";

/** Flags of a command, those of the policy among them. */
export interface PolicyFlags {
  readonly [flag: string]: unknown;
}

/** A flag for each field, in the order in which packages have them. */
export function addPolicyFlags(command: Command): Command {
  for (const [, {flag, help, initial, unit, range: [min, max] = [0n, U64_MAX]}] of policyFields) {
    const parse = unit === "dust" ? cellRangeFlag(min, max) : integerFlag(min, max);
    command.option(flag, initial === undefined ? help : `${help} (default: ${initial})`, parse);
  }
  return command;
}

/** What the flags set. */
export const policyIn = (flags: PolicyFlags): PolicyManifest =>
  Object.fromEntries(policyFields.flatMap(([key, {option = key}]) => (option in flags ? [[key, flags[option]]] : [])));

/** What prints of a policy: what every package has, and what this one sets. */
export const policyDocument = (policy: PolicyManifest): Readonly<Record<string, bigint | null>> =>
  Object.fromEntries(
    policyFields.flatMap(([key, {member, initial}]) =>
      policy[key] === undefined && initial === undefined ? [] : [[member, policy[key] ?? null]],
    ),
  );
