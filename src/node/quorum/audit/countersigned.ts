/** Whether a checkpoint is what a coordinator and enough custodians of a roster signed. */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {type Countersigned, checkpoint, countersignature} from "../../../codecs/quorum/strict/audit.js";
import {digestOf, isSignedBy} from "../../../codecs/quorum/strict/statement.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {checkRosterDigest} from "../strict/admission.js";
import type {Members} from "../strict/members.js";
import type {LogHead} from "./tree.js";

/**
 * The log that K custodians have seen. @returns it, the channel id of who keeps it, and the places of those who signed
 * @throws RuleError ROSTER_MISMATCH, CHECKPOINT_UNSIGNED
 */
export function checkCountersigned(
  members: Members,
  verify: VerifySignature,
  {checkpoint: signed, countersignatures}: Countersigned,
): LogHead & {readonly log: string; readonly signers: readonly number[]} {
  const {roster, coordinator, size, root} = signed.content;
  checkRosterDigest(members, roster);
  const card = members.roster.coordinators[coordinator]?.card;
  if (!card || !isSignedBy(checkpoint, signed, card.signingKey, verify))
    throw new RuleError("CHECKPOINT_UNSIGNED", "the checkpoint is not signed by a coordinator of the roster");
  const digest = digestOf(checkpoint, signed);
  const signers = countersignatures.flatMap((each) => {
    const {custodian, checkpoint: of} = each.content;
    const key = members.custodian(custodian)?.card.signingKey;
    return key && equalBytes(of, digest) && isSignedBy(countersignature, each, key, verify) ? [custodian] : [];
  });
  const distinct = [...new Set(signers)].sort((a, b) => a - b);
  if (distinct.length < members.k)
    throw new RuleError("CHECKPOINT_UNSIGNED", `${distinct.length} of ${members.k} custodians signed the checkpoint`, {
      hint: "without them it is the coordinator's word alone",
    });
  return {size: Number(size), root, log: hexOf(card.channelId), signers: distinct};
}
