/**
 * A halving schedule in whole dust: epoch k may pay cap / 2^(k+1), each block an equal share, rounded down.
 * Source: spec/qsdm-node.md 2.6.
 */
import {RuleError} from "../../../errors.js";

export interface HalvingSchedule {
  /** What all epochs together stay below. */
  readonly capDust: bigint;
  readonly epochSeconds: bigint;
  readonly blockTimeSeconds: bigint;
}

/** Epochs from here on pay nothing and are not told apart. */
export const LAST_EPOCH = 64n;

/** @throws RuleError EMISSION_CAP, EMISSION_BLOCK_TIME */
export function checkSchedule({capDust, epochSeconds, blockTimeSeconds}: HalvingSchedule): void {
  if (capDust <= 0n) throw new RuleError("EMISSION_CAP", "a schedule needs something to emit");
  if (blockTimeSeconds <= 0n || epochSeconds <= 0n || epochSeconds % blockTimeSeconds !== 0n)
    throw new RuleError("EMISSION_BLOCK_TIME", `block time ${blockTimeSeconds} s does not divide ${epochSeconds} s`);
}

export const blocksPerEpoch = ({epochSeconds, blockTimeSeconds}: HalvingSchedule): bigint =>
  epochSeconds / blockTimeSeconds;

/** Epoch of a height; genesis and the first block are in epoch 0. */
export function epochAt(schedule: HalvingSchedule, height: bigint): bigint {
  if (height === 0n) return 0n;
  const epoch = (height - 1n) / blocksPerEpoch(schedule);
  return epoch < LAST_EPOCH ? epoch : LAST_EPOCH;
}

/** Dust that all blocks of an epoch may pay together. */
export const allotmentOf = ({capDust}: HalvingSchedule, epoch: bigint): bigint =>
  epoch >= LAST_EPOCH - 1n ? 0n : capDust >> (epoch + 1n);

/** Dust that each block of an epoch may pay. */
const shareOf = (schedule: HalvingSchedule, epoch: bigint): bigint =>
  allotmentOf(schedule, epoch) / blocksPerEpoch(schedule);

/** Dust that the block at `height` may pay; genesis pays nothing. */
export const rewardAt = (schedule: HalvingSchedule, height: bigint): bigint =>
  height === 0n ? 0n : shareOf(schedule, epochAt(schedule, height));

/** Dust that blocks 1 to `height` may pay together. */
export function emittedBy(schedule: HalvingSchedule, height: bigint): bigint {
  const epoch = epochAt(schedule, height);
  const blocks = blocksPerEpoch(schedule);
  let sum = 0n;
  for (let past = 0n; past < epoch; past++) sum += blocks * shareOf(schedule, past);
  return sum + (height - epoch * blocks) * shareOf(schedule, epoch);
}

/** Last block of the height's epoch, `null` once nothing is left to halve. QSDM calls it the next halving (D9). */
export function lastOfEpoch(schedule: HalvingSchedule, height: bigint): bigint | null {
  const epoch = epochAt(schedule, height);
  return epoch >= LAST_EPOCH ? null : (epoch + 1n) * blocksPerEpoch(schedule);
}
