/** What to bid for a place in the next blocks, by what waits at one node. */

import {baseFeeOf, GAS_PER_BASE_FEE} from "../../ledger/monetary/fees.js";
import type {BlockLimits, FeeParams} from "../../ledger/params/chain-params.js";
import type {Bid} from "./pool.js";

/** What waits, as it competes for a block: its bid, and the room that it takes. */
export interface Waiting {
  readonly bid: Bid;
  readonly gas: bigint;
}

/**
 * Dust that an ordinary transaction has to offer to be among what the next `blocks` blocks take, if nobody else came.
 * @param waiting best price first
 */
export function feeFor(
  blocks: number,
  waiting: readonly Waiting[],
  {limits, fees}: {limits: Pick<BlockLimits, "maxGas" | "maxTransactions">; fees: FeeParams},
): bigint {
  const floorDust = baseFeeOf(GAS_PER_BASE_FEE, fees);
  const places = blocks * limits.maxTransactions;
  let room = BigInt(blocks) * limits.maxGas - GAS_PER_BASE_FEE;
  for (const [at, {bid, gas}] of waiting.entries()) {
    room -= gas;
    if (room >= 0n && at + 1 < places) continue;
    // With this one in, there is no room left: whoever wants in has to offer more.
    const above = (bid.feeDust * GAS_PER_BASE_FEE) / bid.gas + 1n;
    return above > floorDust ? above : floorDust;
  }
  return floorDust;
}
