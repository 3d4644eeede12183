/** Moving CELL from the sender to another account. */
import {TRANSFER_CONTRACT, transfer} from "../../../codecs/chain/payloads.js";
import {RuleError} from "../../../errors.js";
import {type Contract, NO_EFFECT} from "../chain/contract.js";
import {credit, debit} from "../monetary/supply.js";

export const transferContract: Contract = {
  id: TRANSFER_CONTRACT,

  check({payload}) {
    if (transfer.decode(payload).amountDust === 0n)
      throw new RuleError("TRANSFER_ZERO", "a transfer of 0 dust moves nothing");
  },

  apply({state, content}) {
    const {to, amountDust} = transfer.decode(content.payload);
    debit(state, content.sender, amountDust);
    credit(state, to, amountDust);
    return NO_EFFECT;
  },

  rejected: () => null,
};
