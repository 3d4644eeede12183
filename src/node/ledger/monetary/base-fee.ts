/**
 * The base fee follows demand: up after a block above its gas target, down after one below.
 * Source: EIP-1559. Why: docs/decisions/0085-fee-market.md.
 */
import type {BlockLimits, FeeParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {baseFees, EPOCH_KEY} from "../state/stores.js";
import {SUPPLY_CAP_DUST} from "./emission.js";

const WHOLE_BPS = 10_000n;

type Terms = Pick<FeeParams, "baseFeeDust" | "floorDust" | "changeDenominator" | "targetBps">;

/** Gas of a block after which the base fee stays as it is. */
export const targetGasOf = ({targetBps}: Pick<FeeParams, "targetBps">, {maxGas}: Pick<BlockLimits, "maxGas">): bigint =>
  (maxGas * BigInt(targetBps)) / WHOLE_BPS;

/**
 * Base fee after a block of `gasUsed`. It moves by at least one dust, down as well: otherwise a small one would never
 * come back to its floor.
 */
export function nextBaseFee(
  {baseFeeDust, floorDust, changeDenominator}: Omit<Terms, "targetBps">,
  block: {
    readonly gasUsed: bigint;
    readonly targetGas: bigint;
  },
): bigint {
  const {gasUsed, targetGas} = block;
  if (changeDenominator === 0) return floorDust;
  if (gasUsed === targetGas) return baseFeeDust;
  const apart = gasUsed > targetGas ? gasUsed - targetGas : targetGas - gasUsed;
  const step = (baseFeeDust * apart) / targetGas / BigInt(changeDenominator) || 1n;
  const next = gasUsed > targetGas ? baseFeeDust + step : baseFeeDust - step;
  if (next < floorDust) return floorDust;
  // More than all that there can be nobody pays.
  return next < SUPPLY_CAP_DUST ? next : SUPPLY_CAP_DUST;
}

/** What the next block charges, where it can fall to `floorDust`. */
export function baseFeeIn(state: State, floorDust: bigint): bigint {
  const dust = state.get(baseFees, EPOCH_KEY)?.dust ?? 0n;
  return dust > floorDust ? dust : floorDust;
}

/** Ends a block of `gasUsed` that ran under `params`. */
export function stepBaseFee(
  state: State,
  {fees, limits}: {readonly fees: FeeParams; readonly limits: BlockLimits},
  gasUsed: bigint,
): void {
  const next = nextBaseFee(fees, {gasUsed, targetGas: targetGasOf(fees, limits)});
  const now = state.get(baseFees, EPOCH_KEY)?.dust ?? null;
  if (next > fees.floorDust) {
    if (next !== now) state.put(baseFees, EPOCH_KEY, {dust: next});
  } else if (now !== null) state.remove(baseFees, EPOCH_KEY);
}
