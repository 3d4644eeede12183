/** What a cluster lacks of a local file. */
import {setImmediate as nextTurn} from "node:timers/promises";
import type {Block} from "../../../codecs/chain/block.js";
import {UnavailableError} from "../../../errors.js";
import type {SqliteStore} from "../sqlite/store.js";
import type {HistoryBlock} from "./history.js";

/** Blocks that are written before the head moves, and bytes of their bodies above which there are no more. */
export const BATCH_BLOCKS = 16;
export const BATCH_BYTES = 16 * 1024 * 1024;

/**
 * The blocks behind `shipped`, as many as are written at once; none where the local file has none.
 * @param upTo last height that is wanted
 * @throws UnavailableError DATABASE_CORRUPT where one is missing that was not pruned
 */
export async function nextBlocks(
  near: SqliteStore,
  shipped: bigint,
  upTo: bigint = near.head()?.header.height ?? -1n,
): Promise<readonly HistoryBlock[]> {
  const pruned = near.prunedHeight();
  const blocks: HistoryBlock[] = [];
  let bytes = 0;
  // Block 0 is never pruned; the next one that is there is the first that was not.
  for (let height = (shipped >= 0n && shipped < pruned ? pruned : shipped) + 1n; height <= upTo; height++) {
    const stored = await near.block(height);
    if (!stored) {
      if (height <= near.prunedHeight()) break;
      throw new UnavailableError("DATABASE_CORRUPT", `block ${height} is neither stored nor pruned`, {
        hint: "restore the data directory from a copy",
      });
    }
    blocks.push({...stored, receipts: near.encodedReceipts(height)});
    bytes += bodyBytes(stored.block);
    if (blocks.length === BATCH_BLOCKS || bytes >= BATCH_BYTES) break;
    // A block of megabytes takes a while to decode: others get their turn behind each.
    await nextTurn();
  }
  return blocks;
}

export const bodyBytes = ({transactions, proofs}: Block): number =>
  [...transactions, ...proofs].reduce((sum, each) => sum + each.length, 0);
