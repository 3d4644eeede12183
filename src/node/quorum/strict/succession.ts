/** Whether a roster follows another by the will of those who hold the secrets. */
import {equalBytes} from "../../../codecs/bytes.js";
import {rosterDigest, type SignedRoster, succession} from "../../../codecs/quorum/strict/roster.js";
import {isSignedBy} from "../../../codecs/quorum/strict/statement.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {Members} from "./members.js";

/**
 * The members of `next`, which K custodians of `members` agreed to.
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
  const places = new Set(agreed.map(({content: {custodian}}) => custodian));
  if (places.size < members.k) refuse(`has the word of ${places.size} of ${members.k} custodians of the one before`);
  return successors;
}

function refuse(why: string): never {
  throw new RuleError("SUCCESSION_INVALID", `the next roster ${why}`, {
    hint: "qsdm quorum roster create --follows, then qsdm quorum roster sign --previous by custodians of the present one",
  });
}
