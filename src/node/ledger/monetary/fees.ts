/** What an included transaction pays, and who receives it. */
import {RuleError} from "../../../errors.js";
import type {FeeParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {burn, credit} from "./supply.js";

/** The bid of an envelope. */
export interface FeeBid {
  readonly maxFeeDust: bigint;
  readonly tipDust: bigint;
}

/**
 * Dust that the sender pays: base fee plus tip, never above the maximum it signed.
 * @throws RuleError FEE_TOO_LOW when the maximum does not cover the base fee
 */
export function feeOf(bid: FeeBid, fees: FeeParams): bigint {
  if (bid.maxFeeDust < fees.baseFeeDust)
    throw new RuleError("FEE_TOO_LOW", `fee of ${bid.maxFeeDust} dust is below the base fee of ${fees.baseFeeDust}`, {
      hint: "raise --fee",
      details: {base_fee_dust: fees.baseFeeDust},
    });
  const wanted = fees.baseFeeDust + bid.tipDust;
  return wanted < bid.maxFeeDust ? wanted : bid.maxFeeDust;
}

/** Splits a block's fees, which have left their senders' balances, between the fire and the proposer. */
export function settleFees(state: State, totalDust: bigint, to: {proposer: string; fees: FeeParams}): void {
  const burnedDust = (totalDust * BigInt(to.fees.burnBps)) / 10_000n;
  burn(state, burnedDust);
  credit(state, to.proposer, totalDust - burnedDust);
}
