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

type Prices = Pick<FeeParams, "baseFeeDust" | "floorDust">;

/** Dust that a bid offers at the present base fee: that and the tip, never above the maximum that was signed. */
export function offerOf({maxFeeDust, tipDust}: FeeBid, gas: bigint, fees: Pick<FeeParams, "baseFeeDust">): bigint {
  const wanted = baseFeeOf(gas, fees) + tipDust;
  return wanted < maxFeeDust ? wanted : maxFeeDust;
}

/** Whether a bid covers the present base fee. */
export const coversBase = ({maxFeeDust}: Pick<FeeBid, "maxFeeDust">, gas: bigint, fees: Prices): boolean =>
  maxFeeDust >= baseFeeOf(gas, fees);

/** Whether a bid can cover the base fee once that has fallen as far as it can. */
export const coversFloor = ({maxFeeDust}: Pick<FeeBid, "maxFeeDust">, gas: bigint, {floorDust}: Prices): boolean =>
  maxFeeDust >= baseFeeOf(gas, {baseFeeDust: floorDust});

/** @throws RuleError FEE_TOO_LOW when the maximum will not cover any base fee */
export function checkFloor(bid: FeeBid, gas: bigint, fees: Prices): void {
  if (coversFloor(bid, gas, fees)) return;
  const leastDust = baseFeeOf(gas, {baseFeeDust: fees.floorDust});
  throw new RuleError("FEE_TOO_LOW", `fee of ${bid.maxFeeDust} dust is below the least base fee of ${leastDust}`, {
    hint: "raise --fee",
    details: {base_fee_dust: baseFeeOf(gas, fees)},
  });
}

/**
 * Dust that the sender pays in a block: base fee plus tip, never above the maximum it signed.
 * @throws RuleError FEE_TOO_LOW as `checkFloor`; FEE_BELOW_BASE when the maximum does not cover the present base fee
 */
export function feeOf(bid: FeeBid, gas: bigint, fees: Prices): bigint {
  checkFloor(bid, gas, fees);
  if (coversBase(bid, gas, fees)) return offerOf(bid, gas, fees);
  const baseFeeDust = baseFeeOf(gas, fees);
  throw new RuleError("FEE_BELOW_BASE", `fee of ${bid.maxFeeDust} dust is below the base fee of ${baseFeeDust}`, {
    hint: "raise --fee, or send it again when blocks are less full and the base fee has fallen",
    details: {base_fee_dust: baseFeeDust},
  });
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
export function settleFees(
  state: State,
  totalDust: bigint,
  to: {proposer: string; fees: Pick<FeeParams, "burnBps">},
): void {
  const {burnedDust, proposerDust} = splitFee(totalDust, to.fees.burnBps);
  burn(state, burnedDust);
  credit(state, to.proposer, proposerDust);
}
