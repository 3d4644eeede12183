/** What a block would make of a slash: the contract itself, run on a fork of the state that is thrown away. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import type {SlashOutcome} from "../../../codecs/chain/receipt.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {Call} from "../chain/contract.js";
import {evidence} from "../state/stores.js";
import {offenceKeyOf, slashContract} from "./contract.js";

export interface Verdict {
  /** What the chain remembers of the offence once it is slashed; `null` when the evidence is of none. */
  readonly offenceKey: string | null;
  /** Height at which the offence was slashed; `null` while it was not. */
  readonly slashedAtHeight: bigint | null;
  /** What the slash would take, or why it would be refused. */
  readonly outcome: SlashOutcome | RuleError;
}

const NO_TX = "0".repeat(64);

export function judge(content: UnsignedEnvelope, {state, block}: Pick<Call, "state" | "block">): Verdict {
  let offenceKey: string | null = null;
  let slashedAtHeight: bigint | null = null;
  try {
    offenceKey = offenceKeyOf(content, block);
    slashedAtHeight = state.get(evidence, offenceKey)?.slashedAtHeight ?? null;
    const {slash} = slashContract.apply({state: state.fork(), block, txId: NO_TX, content});
    return {offenceKey, slashedAtHeight, outcome: slash!};
  } catch (error) {
    if (!(error instanceof RuleError || error instanceof DecodeError)) throw error;
    const outcome = error instanceof RuleError ? error : new RuleError(error.code, error.message, {cause: error});
    return {offenceKey, slashedAtHeight, outcome};
  }
}
