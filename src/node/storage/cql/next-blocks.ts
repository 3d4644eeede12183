/** What a cluster lacks of a local file. */
import {UnavailableError} from "../../../errors.js";
import type {SqliteStore} from "../sqlite/store.js";
import type {HistoryBlock} from "./history.js";

/** Blocks that are written before the head moves. */
const BATCH_BLOCKS = 16;
/** Receipts of one block, more than fit into it. */
const ALL_RECEIPTS = 0x7fff_ffff;

/**
 * The blocks behind `shipped`, as many as are written at once; none where the local file has none.
 * @throws UnavailableError DATABASE_CORRUPT where one is missing that was not pruned
 */
export async function nextBlocks(near: SqliteStore, shipped: bigint): Promise<readonly HistoryBlock[]> {
  const head = near.head()?.header.height ?? -1n;
  const pruned = near.prunedHeight();
  const blocks: HistoryBlock[] = [];
  // Block 0 is never pruned; the next one that is there is the first that was not.
  for (let height = (shipped >= 0n && shipped < pruned ? pruned : shipped) + 1n; height <= head; height++) {
    const stored = await near.block(height);
    if (!stored) {
      if (height <= near.prunedHeight()) break;
      throw new UnavailableError("DATABASE_CORRUPT", `block ${height} is neither stored nor pruned`, {
        hint: "restore the data directory from a copy",
      });
    }
    const receipts = near.receipts({from: height, to: height, limit: ALL_RECEIPTS}).toReversed();
    blocks.push({...stored, receipts});
    if (blocks.length === BATCH_BLOCKS) break;
  }
  return blocks;
}
