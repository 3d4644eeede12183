/** What the emission schedule has paid by a height if no block was empty. Source: spec/qsdm-node.md 2.6. */
import {blockRewardDust, blocksPerHalving, emissionEpoch} from "./emission.js";

/** Dust that blocks 1 to `height` may mint together. */
export function scheduledDust(height: bigint, blockTimeSeconds: number): bigint {
  const blocks = blocksPerHalving(blockTimeSeconds);
  const epoch = emissionEpoch(height, blockTimeSeconds);
  let sum = 0n;
  for (let past = 0n; past < epoch; past++) sum += blocks * blockRewardDust(past * blocks + 1n, blockTimeSeconds);
  return sum + (height - epoch * blocks) * blockRewardDust(height, blockTimeSeconds);
}
