/** QSDM's transfer: the payload is the whole wallet envelope, whose sender is the transaction's. Compat rules only. */
import {checkAddress} from "../../../codecs/address.js";
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {dustOfCell} from "../../../codecs/envelopes/amount.js";
import {WALLET_TRANSFER_CONTRACT, walletEnvelope} from "../../../codecs/envelopes/wallet.js";
import {RuleError} from "../../../errors.js";
import {type Contract, NO_EFFECT} from "../chain/contract.js";
import {credit, debit} from "../monetary/supply.js";

/** What moves, and where to. @throws DecodeError; RuleError TRANSFER_ZERO, SENDER_MISMATCH */
function read({payload, sender}: UnsignedEnvelope): {to: string; amountDust: bigint} {
  const envelope = walletEnvelope.decode(payload);
  if (envelope.sender !== sender)
    throw new RuleError("SENDER_MISMATCH", `the envelope is of ${envelope.sender}, the transaction of ${sender}`);
  const amountDust = dustOfCell(envelope.amount);
  if (amountDust === 0n) throw new RuleError("TRANSFER_ZERO", "a transfer of 0 dust moves nothing");
  return {to: checkAddress(envelope.recipient), amountDust};
}

export const walletTransferContract: Contract = {
  id: WALLET_TRANSFER_CONTRACT,

  check: (content) => void read(content),

  adds: () => 0,

  apply({state, content}) {
    const {to, amountDust} = read(content);
    debit(state, content.sender, amountDust);
    credit(state, to, amountDust);
    return NO_EFFECT;
  },

  rejected: () => null,
};
