/** Which solutions the chain has paid. A proof's id names its height, so only that height's marks are read. */
import {equalBytes} from "../../../codecs/bytes.js";
import type {State} from "../state/state.js";
import {heightKey, rewardedProofs} from "../state/stores.js";

/** Whether the solution `proofId` at `height` was paid, whichever node's mark it stands under. */
export function isRewarded(state: State, proofId: Uint8Array, height: bigint): boolean {
  const prefix = `${heightKey(height)}/`;
  for (const key of state.keys(rewardedProofs, prefix)) {
    if (!key.startsWith(prefix)) return false;
    const mark = state.get(rewardedProofs, key);
    if (mark && equalBytes(mark.proofId, proofId)) return true;
  }
  return false;
}
