/** Flags that say who runs the parties of a roster. */
import type {Command} from "commander";
import {CUSTODIANS_MAX} from "../../../codecs/quorum/strict/roster.js";
import {UsageError} from "../../../errors.js";
import {countFlag, repeatFlag} from "../../flags.js";

export interface OrganisationFlags {
  readonly organisation?: readonly string[];
  readonly approvalOrganisations: number;
}

export const addOrganisationFlags = (command: Command): Command =>
  command
    .option("--organisation <name=party,...>", "who runs these parties, once for each organisation", repeatFlag)
    .option(
      "--approval-organisations <m>",
      "organisations that approvals of a program, and of the next roster, come from at least",
      countFlag(1, CUSTODIANS_MAX),
      1,
    );

/**
 * Organisation of each of `parties`, empty where none was named.
 * @param given `NAME=PARTY,PARTY`
 * @throws UsageError FLAG_INVALID, PARTY_UNKNOWN, ORGANISATION_AMBIGUOUS
 */
export function organisationsByParty(given: readonly string[], parties: readonly string[]): (party: string) => string {
  const known = new Set(parties);
  const organisations = new Map<string, string>();
  for (const text of given) {
    const [, name, list] = /^([a-z0-9][a-z0-9-]{0,62})=(.+)$/.exec(text) ?? [];
    if (name === undefined)
      throw new UsageError("FLAG_INVALID", `"${text}" is not NAME=PARTY,PARTY`, {
        hint: "write --organisation north-bank=custodian-0,alice; names are lower case letters, digits and dashes",
      });
    for (const party of list!.split(",")) {
      if (!known.has(party))
        throw new UsageError("PARTY_UNKNOWN", `no party is called "${party}"`, {
          hint: "it is the name on a party's card",
        });
      if (organisations.has(party))
        throw new UsageError("ORGANISATION_AMBIGUOUS", `${party} is given an organisation twice`);
      organisations.set(party, name);
    }
  }
  return (party) => organisations.get(party) ?? "";
}
