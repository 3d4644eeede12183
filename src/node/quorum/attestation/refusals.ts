/** Refusals that name custodians, in words and for those who count accusations. */
import {RuleError} from "../../../errors.js";
import type {Members} from "../strict/members.js";

interface Extras {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** What a custodian showed is not what the roster demands. */
export const rejected = (members: Members, place: number, why: string, {hint, cause}: Extras = {}): RuleError =>
  new RuleError("ATTESTATION_REJECTED", `${members.namesOf([place])[0]}: ${why}`, {
    ...(hint === undefined ? {} : {hint}),
    cause,
    details: {culprits: [place], reason: "attestation"},
  });

/** A custodian showed nothing. */
export const unattested = (members: Members, place: number, why: string): RuleError =>
  new RuleError("ATTESTATION_REQUIRED", `${members.namesOf([place])[0]} gave no evidence: ${why}`, {
    hint: "the roster demands it: qsdm quorum custodian --attestation KIND gives it",
    details: {culprits: [place], reason: "attestation"},
  });

/** Nothing is claimed of a custodian that nobody asked. */
export const withoutPolicy = (): RuleError =>
  new RuleError("ROSTER_WITHOUT_ATTESTATION", "the roster demands no attestation", {
    hint: "qsdm quorum roster create --attestation makes one that does",
  });

/** One refusal that says all; anything else that was thrown comes first. */
export function allOf(errors: readonly unknown[]): unknown {
  const refusals = errors.filter((each): each is RuleError => each instanceof RuleError);
  const [first] = refusals;
  if (!first || refusals.length < errors.length)
    return errors.find((each) => !(each instanceof RuleError)) ?? errors[0];
  if (refusals.length === 1) return first;
  const culprits = refusals.flatMap(({details}) => (details.culprits as number[] | undefined) ?? []);
  return new RuleError(first.code, refusals.map(({message}) => message).join("; "), {
    ...(first.hint === undefined ? {} : {hint: first.hint}),
    details: {culprits, reason: "attestation"},
  });
}
