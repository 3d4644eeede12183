/** Who runs the parties of a roster, and how many of them have to agree. */
import type {Roster, RosterService} from "../../../codecs/quorum/strict/roster.js";

/** Whoever a roster or a party belongs to. */
type Party = Pick<RosterService, "organisation">;

/** Organisations of `parties`. One that names none adds none: nobody gains a voice by leaving its name out. */
export const organisationsOf = (parties: readonly Party[]): ReadonlySet<string> =>
  new Set(parties.map(({organisation}) => organisation).filter((organisation) => organisation !== ""));

/** Organisations that approvals of a program come from at least. */
export const organisationsNeeded = ({roster}: {readonly roster: Roster}): number => roster.approvalOrganisations;

/**
 * Organisations that are still to agree. One is what any custodian brings, whether it names one or not; where more are needed
 * a custodian without adds none.
 */
export const organisationsMissing = (needed: number, agreed: readonly Party[]): number =>
  needed <= 1 ? 0 : Math.max(0, needed - organisationsOf(agreed).size);
