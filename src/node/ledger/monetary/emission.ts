/**
 * The CELL emission schedule: 90 million CELL over halving epochs of four Julian years.
 * Source: spec/qsdm-node.md 2.6; vectors/node/emission.json.
 */
import {
  blocksPerEpoch,
  checkSchedule,
  emittedBy,
  epochAt,
  type HalvingSchedule,
  lastOfEpoch,
  rewardAt,
} from "./halving.js";

/** All CELL that can ever exist: mined share and treasury. */
export const SUPPLY_CAP_DUST = 10_000_000_000_000_000n;
/** The mined share. */
export const MINING_CAP_DUST = 9_000_000_000_000_000n;
/** The treasury's share; genesis allocations of dev networks come out of it. */
export const TREASURY_CAP_DUST = SUPPLY_CAP_DUST - MINING_CAP_DUST;
/** Four Julian years. */
export const HALVING_SECONDS = 126_230_400;

/** The schedule at a block time. @throws RuleError EMISSION_BLOCK_TIME when it does not divide an epoch */
function cellSchedule(blockTimeSeconds: number): HalvingSchedule {
  const schedule: HalvingSchedule = {
    capDust: MINING_CAP_DUST,
    epochSeconds: BigInt(HALVING_SECONDS),
    blockTimeSeconds: Number.isInteger(blockTimeSeconds) ? BigInt(blockTimeSeconds) : 0n,
  };
  checkSchedule(schedule);
  return schedule;
}

/** Blocks in one halving epoch. @throws RuleError EMISSION_BLOCK_TIME */
export const blocksPerHalving = (blockTimeSeconds: number): bigint => blocksPerEpoch(cellSchedule(blockTimeSeconds));

/** Halving epoch of a height; genesis and the first block are in epoch 0. */
export const emissionEpoch = (height: bigint, blockTimeSeconds: number): bigint =>
  epochAt(cellSchedule(blockTimeSeconds), height);

/** Dust that a block at `height` may mint. */
export const blockRewardDust = (height: bigint, blockTimeSeconds: number): bigint =>
  rewardAt(cellSchedule(blockTimeSeconds), height);

/** Dust that blocks 1 to `height` may mint together. */
export const scheduledDust = (height: bigint, blockTimeSeconds: number): bigint =>
  emittedBy(cellSchedule(blockTimeSeconds), height);

/** First height of the next halving epoch, or `null` once nothing is left to halve. */
export function nextHalvingHeight(height: bigint, blockTimeSeconds: number): bigint | null {
  const last = lastOfEpoch(cellSchedule(blockTimeSeconds), height);
  return last === null ? null : last + 1n;
}
