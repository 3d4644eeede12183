/** Whether enough members of an account signed (docs/decisions/0079-multisig.md). */
import {signingBytes} from "../../../codecs/chain/envelope.js";
import {addressOfPolicy, type MultiEnvelope} from "../../../codecs/chain/multisig.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";

/**
 * Refuses an envelope that is not signed by exactly as many members as the policy wants.
 * @throws RuleError SENDER_MISMATCH, THRESHOLD_UNMET, SIGNATURE_INVALID
 */
export function checkMembers(envelope: MultiEnvelope, verify: VerifySignature): void {
  const {threshold} = envelope.policy;
  if (envelope.signatures.length < threshold) throw unmet(envelope.signatures.length, threshold);
  checkSigners(envelope, verify);
}

/**
 * The same of one that may still lack signatures.
 * @throws RuleError SENDER_MISMATCH, THRESHOLD_UNMET when there are too many, SIGNATURE_INVALID
 */
export function checkSigners({content, policy, signatures}: MultiEnvelope, verify: VerifySignature): void {
  const {threshold, keys} = policy;
  if (addressOfPolicy(policy) !== content.sender)
    throw new RuleError("SENDER_MISMATCH", `the policy does not belong to ${content.sender}`);
  // More would cost what nobody has paid for.
  if (signatures.length > threshold) throw unmet(signatures.length, threshold);
  const message = signingBytes(content);
  let after = -1;
  for (const {key, signature} of signatures) {
    if (key <= after || key >= keys.length)
      throw new RuleError("SIGNATURE_INVALID", "the signatures are not of members in ascending order, each once");
    if (!verify(keys[key]!, message, signature))
      throw new RuleError("SIGNATURE_INVALID", `the signature of member ${key} does not verify`);
    after = key;
  }
}

const unmet = (count: number, threshold: number): RuleError =>
  new RuleError("THRESHOLD_UNMET", `${count} signatures, the policy wants exactly ${threshold}`, {
    hint: "put the signatures of its members together with qsdm tx combine",
  });
