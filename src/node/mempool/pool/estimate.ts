/** What to bid for a place in the next blocks, by what waits at one node. */

import {nextBaseFee, targetGasOf} from "../../ledger/monetary/base-fee.js";
import {baseFeeOf, coversBase, GAS_PER_BASE_FEE} from "../../ledger/monetary/fees.js";
import type {BlockLimits, FeeParams} from "../../ledger/params/chain-params.js";
import type {Bid} from "./pool.js";

/** What waits, as it competes for a block: its bid, and how far it goes along with the base fee. */
export interface Waiting {
  readonly bid: Bid;
  readonly maxFeeDust: bigint;
}

interface Terms {
  readonly limits: Pick<BlockLimits, "maxGas" | "maxTransactions">;
  readonly fees: FeeParams;
}

/**
 * Dust that an ordinary transaction has to offer to be among what the next `blocks` blocks take, if nobody else came. The
 * base fee moves with what the blocks before it take.
 * @param waiting best price first
 */
export function feeFor(blocks: number, waiting: readonly Waiting[], {limits, fees}: Terms): bigint {
  const targetGas = targetGasOf(fees, limits);
  let {baseFeeDust} = fees;
  let rest = waiting;
  let least: bigint | null = null;
  for (let ahead = 1; ; ahead++) {
    const prices = {...fees, baseFeeDust};
    const feeDust = feeInBlock(rest, {limits, fees: prices});
    if (least === null || feeDust < least) least = feeDust;
    if (ahead >= blocks) return least;
    const {gasUsed, left} = fill(rest, {limits, fees: prices});
    baseFeeDust = nextBaseFee(prices, {gasUsed, targetGas});
    rest = left;
  }
}

/** The fee that finds a place in the next block. */
function feeInBlock(waiting: readonly Waiting[], {limits, fees}: Terms): bigint {
  const floorDust = baseFeeOf(GAS_PER_BASE_FEE, fees);
  let room = limits.maxGas - GAS_PER_BASE_FEE;
  let places = limits.maxTransactions - 1;
  for (const each of waiting) {
    const {bid} = each;
    if (!coversBase(each, bid.usesGas, fees)) continue;
    room -= bid.usesGas;
    places--;
    if (room >= 0n && places >= 0) continue;
    // With this one in, there is no room left: whoever wants in has to offer more.
    const above = (bid.feeDust * GAS_PER_BASE_FEE) / bid.gas + 1n;
    return above > floorDust ? above : floorDust;
  }
  return floorDust;
}

/** What the next block takes of what waits, and what it leaves. */
function fill(waiting: readonly Waiting[], {limits, fees}: Terms): {gasUsed: bigint; left: readonly Waiting[]} {
  const left: Waiting[] = [];
  let gasUsed = 0n;
  let taken = 0;
  for (const each of waiting) {
    const {usesGas} = each.bid;
    const fits = gasUsed + usesGas <= limits.maxGas && taken < limits.maxTransactions;
    if (!fits || !coversBase(each, usesGas, fees)) {
      left.push(each);
      continue;
    }
    gasUsed += usesGas;
    taken++;
  }
  return {gasUsed, left};
}
