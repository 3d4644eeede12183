/**
 * Whether a roster follows another by the will of those who hold the secrets: as many of them, and of as many organisations, as
 * a program needs. Else one organisation with K custodians would change the rule away.
 */
import {equalBytes} from "../../../codecs/bytes.js";
import {type Roster, rosterDigest, type SignedRoster, succession} from "../../../codecs/quorum/strict/roster.js";
import {isSignedBy} from "../../../codecs/quorum/strict/statement.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {Members} from "./members.js";
import {organisationsMissing} from "./organisations.js";

/**
 * The members of `next`, which K custodians of `members` agreed to, of as many organisations as its roster asks for.
 * @throws RuleError SUCCESSION_INVALID, and as `Members.of`
 */
export function successorsOf(members: Members, next: SignedRoster, verify: VerifySignature): Members {
  const {content, approvals} = next;
  const {quorum, epoch} = members.roster;
  if (!equalBytes(content.quorum, quorum)) refuse("is of another quorum");
  if (content.epoch !== epoch + 1) refuse(`has number ${content.epoch}, after ${epoch}`);
  if (!content.previous || !equalBytes(content.previous, members.digest)) refuse("names another roster before it");
  const successors = Members.of(next, verify);
  const to = rosterDigest(content);
  const agreed = approvals.filter((each) => {
    const {custodian, ...named} = each.content;
    const key = members.custodian(custodian)?.card.signingKey;
    if (!key || !equalBytes(named.from, members.digest) || !equalBytes(named.to, to)) return false;
    return isSignedBy(succession, each, key, verify);
  });
  const {custodians, organisations} = agreementMissing(
    members.roster,
    agreed.map(({content: {custodian}}) => custodian),
  );
  if (custodians > 0) refuse(`lacks the word of ${custodians} custodians of the one before`);
  if (organisations > 0) refuse(`lacks the word of custodians of ${organisations} organisations of the one before`);
  return successors;
}

/** Who still has to agree to the roster after that of `members`, where custodians at `places` did. */
export function agreementMissing(
  roster: Roster,
  places: readonly number[],
): {readonly custodians: number; readonly organisations: number} {
  const agreed = [...new Set(places)].flatMap((place) => roster.custodians[place] ?? []);
  return {
    custodians: Math.max(0, roster.threshold - agreed.length),
    organisations: organisationsMissing(roster.approvalOrganisations, agreed),
  };
}

function refuse(why: string): never {
  throw new RuleError("SUCCESSION_INVALID", `the next roster ${why}`, {
    hint: "qsdm quorum roster create --follows, then qsdm quorum roster sign --previous by custodians of the present one",
  });
}
