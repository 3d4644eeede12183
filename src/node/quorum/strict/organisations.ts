/** Who runs the parties of a roster, and how many of them have to agree. */
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {Roster, RosterService} from "../../../codecs/quorum/strict/roster.js";
import {RuleError} from "../../../errors.js";

/** Whoever a roster or a party belongs to. */
type Party = Pick<RosterService, "organisation">;

/** Organisations of `parties`. One that names none adds none: nobody gains a voice by leaving its name out. */
export const organisationsOf = (parties: readonly Party[]): ReadonlySet<string> =>
  new Set(parties.map(({organisation}) => organisation).filter((organisation) => organisation !== ""));

/** Organisations that approvals of a program come from at least: as many as the roster asks for, or its policy. */
export const organisationsNeeded = (
  {policy}: Pick<ProgramPackage, "policy">,
  {approvalOrganisations}: Pick<Roster, "approvalOrganisations">,
): number => Math.max(approvalOrganisations, Number(policy.minOrganisations ?? 1n));

/** Refuses a program that no custodians of the roster could approve together. @throws RuleError ORGANISATIONS_TOO_FEW */
export function checkReachable(program: Pick<ProgramPackage, "policy">, roster: Roster): void {
  const [needed, there] = [organisationsNeeded(program, roster), organisationsOf(roster.custodians).size];
  if (needed <= Math.max(1, there)) return;
  throw new RuleError(
    "ORGANISATIONS_TOO_FEW",
    `${needed} organisations have to approve it, and custodians are of ${there}`,
    {
      hint: "ask for fewer: qsdm quorum compile --min-organisations; qsdm quorum roster verify shows who runs them",
      details: {needed, organisations: there},
    },
  );
}

/**
 * Organisations that are still to agree. One is what any custodian brings, whether it names one or not; where more are needed
 * a custodian without adds none.
 */
export const organisationsMissing = (needed: number, agreed: readonly Party[]): number =>
  needed <= 1 ? 0 : Math.max(0, needed - organisationsOf(agreed).size);
