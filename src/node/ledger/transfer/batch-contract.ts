/** Moving CELL from the sender to many accounts: every payment or none. */
import {BATCH_TRANSFER_CONTRACT} from "../../../codecs/chain/payloads.js";
import {RuleError} from "../../../errors.js";
import {type Contract, NO_EFFECT} from "../chain/contract.js";
import {newAccounts} from "../chain/growth.js";
import {credit, debit} from "../monetary/supply.js";
import {paymentsOf} from "./payments.js";

export const batchTransferContract: Contract = {
  id: BATCH_TRANSFER_CONTRACT,

  check(content) {
    const payments = paymentsOf(content)!;
    if (payments.length === 0) throw new RuleError("BATCH_EMPTY", "a batch without a payment moves nothing");
    const nothing = payments.findIndex(({amountDust}) => amountDust === 0n);
    if (nothing >= 0) throw new RuleError("TRANSFER_ZERO", `payment ${nothing} of the batch moves 0 dust`);
  },

  adds: (content, state) =>
    newAccounts(
      state,
      paymentsOf(content)!.map(({to}) => to),
    ),

  apply({state, content}) {
    const payments = paymentsOf(content)!;
    debit(
      state,
      content.sender,
      payments.reduce((sum, {amountDust}) => sum + amountDust, 0n),
    );
    for (const {to, amountDust} of payments) credit(state, to, amountDust);
    return NO_EFFECT;
  },

  rejected: () => null,
};
