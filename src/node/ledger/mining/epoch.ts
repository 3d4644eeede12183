/** Mining epochs and fork heights. Source: QSDM mining protocol, section 3. */
import {RuleError} from "../../../errors.js";

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** @throws RuleError EPOCH_INVALID */
export function checkEpochLength(blocksPerEpoch: bigint): void {
  if (blocksPerEpoch === 0n) throw new RuleError("EPOCH_INVALID", "mining: BlocksPerEpoch must be > 0");
}

export const epochOf = (height: bigint, blocksPerEpoch: bigint): bigint => height / blocksPerEpoch;

/** First height of an epoch, modulo 2^64. */
export const epochStart = (epoch: bigint, blocksPerEpoch: bigint): bigint => wrap(epoch * blocksPerEpoch);

/** The fork block itself is already post-fork. */
export const isForked = (height: bigint, forkHeight: bigint): boolean => height >= forkHeight;
