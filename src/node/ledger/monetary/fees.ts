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

/** Gas that the base fee buys, and the least that is charged: enough for an ordinary call of any kind, slashes included. */
export const GAS_PER_BASE_FEE = 600_000n;

/** Gas that a transaction is charged for. */
export const chargedGas = (gas: bigint): bigint => (gas > GAS_PER_BASE_FEE ? gas : GAS_PER_BASE_FEE);

/** Dust that `gas` costs before any tip, rounded up. */
export const baseFeeOf = (gas: bigint, {baseFeeDust}: Pick<FeeParams, "baseFeeDust">): bigint =>
  gas <= GAS_PER_BASE_FEE ? baseFeeDust : (baseFeeDust * gas + GAS_PER_BASE_FEE - 1n) / GAS_PER_BASE_FEE;

/**
 * Dust that the sender pays: base fee plus tip, never above the maximum it signed.
 * @throws RuleError FEE_TOO_LOW when the maximum does not cover the base fee
 */
export function feeOf({maxFeeDust, tipDust}: FeeBid, gas: bigint, fees: FeeParams): bigint {
  const baseFeeDust = baseFeeOf(gas, fees);
  if (maxFeeDust < baseFeeDust)
    throw new RuleError("FEE_TOO_LOW", `fee of ${maxFeeDust} dust is below the base fee of ${baseFeeDust}`, {
      hint: "raise --fee",
      details: {base_fee_dust: baseFeeDust},
    });
  const wanted = baseFeeDust + tipDust;
  return wanted < maxFeeDust ? wanted : maxFeeDust;
}

/** Parts of a fee. */
export interface FeeSplit {
  readonly burnedDust: bigint;
  readonly proposerDust: bigint;
}

/** The proposer's share is rounded down: what does not divide is burned. */
export function splitFee(totalDust: bigint, burnBps: number): FeeSplit {
  const proposerDust = (totalDust * BigInt(10_000 - burnBps)) / 10_000n;
  return {burnedDust: totalDust - proposerDust, proposerDust};
}

/** Splits a block's fees, which have left their senders' balances, between the fire and the proposer. */
export function settleFees(state: State, totalDust: bigint, to: {proposer: string; fees: FeeParams}): void {
  const {burnedDust, proposerDust} = splitFee(totalDust, to.fees.burnBps);
  burn(state, burnedDust);
  credit(state, to.proposer, proposerDust);
}
