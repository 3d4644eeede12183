/** Actions of QSDM's wallets that an envelope carries: both name a sender and a nonce. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {RuleError} from "../../../errors.js";

/** @throws RuleError SENDER_MISMATCH, NONCE_MISMATCH where an action is not of the envelope that carries it */
export function checkCarried(
  action: {readonly sender: string; readonly nonce: bigint},
  {sender, nonce}: Pick<UnsignedEnvelope, "sender" | "nonce">,
): void {
  if (action.sender !== sender)
    throw new RuleError("SENDER_MISMATCH", `the action is of ${action.sender}, the transaction of ${sender}`);
  // An envelope of ours says the nonce itself, and the action may leave it at 0.
  if (action.nonce !== 0n && action.nonce !== nonce)
    throw new RuleError("NONCE_MISMATCH", `the action has nonce ${action.nonce}, the transaction ${nonce}`);
}
