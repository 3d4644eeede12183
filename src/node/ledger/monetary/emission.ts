/**
 * The CELL emission schedule: 90 million CELL over halving epochs of four Julian years, in whole dust.
 * Source: spec/qsdm-node.md 2.6; vectors/node/emission.json.
 */
import {RuleError} from "../../../errors.js";

/** All CELL that can ever exist: mined share and treasury. */
export const SUPPLY_CAP_DUST = 10_000_000_000_000_000n;
/** The mined share. */
export const MINING_CAP_DUST = 9_000_000_000_000_000n;
/** The treasury's share; genesis allocations of dev networks come out of it. */
export const TREASURY_CAP_DUST = SUPPLY_CAP_DUST - MINING_CAP_DUST;
/** Four Julian years. */
export const HALVING_SECONDS = 126_230_400;
/** Epochs from here on pay nothing. */
const LAST_EPOCH = 64n;

/**
 * Blocks in one halving epoch.
 * @throws RuleError EMISSION_BLOCK_TIME when the block time does not divide the epoch
 */
export function blocksPerHalving(blockTimeSeconds: number): bigint {
  if (!Number.isInteger(blockTimeSeconds) || blockTimeSeconds < 1 || HALVING_SECONDS % blockTimeSeconds !== 0)
    throw new RuleError("EMISSION_BLOCK_TIME", `block time ${blockTimeSeconds} s does not divide ${HALVING_SECONDS} s`);
  return BigInt(HALVING_SECONDS / blockTimeSeconds);
}

/** Halving epoch of a height; genesis and the first block are in epoch 0. */
export function emissionEpoch(height: bigint, blockTimeSeconds: number): bigint {
  if (height === 0n) return 0n;
  const epoch = (height - 1n) / blocksPerHalving(blockTimeSeconds);
  return epoch < LAST_EPOCH ? epoch : LAST_EPOCH;
}

/** Dust that a block at `height` may mint. */
export function blockRewardDust(height: bigint, blockTimeSeconds: number): bigint {
  if (height === 0n) return 0n;
  const allotment = MINING_CAP_DUST >> (emissionEpoch(height, blockTimeSeconds) + 1n);
  return allotment / blocksPerHalving(blockTimeSeconds);
}

/** First height of the next halving epoch, or `null` once nothing is left to halve. */
export function nextHalvingHeight(height: bigint, blockTimeSeconds: number): bigint | null {
  const epoch = emissionEpoch(height, blockTimeSeconds);
  return epoch >= LAST_EPOCH ? null : (epoch + 1n) * blocksPerHalving(blockTimeSeconds) + 1n;
}
