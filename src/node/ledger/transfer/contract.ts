/** Moving CELL from the sender to another account. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {TRANSFER_CONTRACT} from "../../../codecs/chain/payloads.js";
import {RuleError} from "../../../errors.js";
import {type Contract, NO_EFFECT} from "../chain/contract.js";
import {newAccounts} from "../chain/growth.js";
import {credit, debit} from "../monetary/supply.js";
import {type Payment, paymentsOf} from "./payments.js";

const read = (content: UnsignedEnvelope): Payment => paymentsOf(content)![0]!;

export const transferContract: Contract = {
  id: TRANSFER_CONTRACT,

  check(content) {
    if (read(content).amountDust === 0n) throw new RuleError("TRANSFER_ZERO", "a transfer of 0 dust moves nothing");
  },

  adds: (content, state) => newAccounts(state, [read(content).to]),

  apply({state, content}) {
    const {to, amountDust} = read(content);
    debit(state, content.sender, amountDust);
    credit(state, to, amountDust);
    return NO_EFFECT;
  },

  rejected: () => null,
};
