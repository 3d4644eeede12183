/** Receipts of a block that moves, which nothing on the way decodes, held to the chain's own word. */
import {sectionRoot} from "../../ledger/chain/sections.js";
import type {HashAll} from "../../ledger/state/hashing.js";
import type {HistoryBlock} from "../cql/history.js";
import type {SqliteStore} from "../sqlite/store.js";

export interface ReceiptPorts {
  readonly near: SqliteStore;
  readonly hashAll: HashAll;
}

/**
 * Holds receipts to the root that the next header in the data directory names, or its head.
 * @param pruned height up to which blocks are not there. The first behind may be one that a snapshot ended with, which came
 *   without receipts; no other may be without
 * @returns false where there are none
 * @throws what `refuse` throws, where they are not those of the chain
 */
export function hasReceipts(
  {block, receipts}: HistoryBlock,
  {near, hashAll, pruned}: ReceiptPorts & {readonly pruned: bigint},
  refuse: (height: bigint, what: string) => never,
): boolean {
  const {height} = block.header;
  const expected = near.header(height + 1n)?.parentReceiptsRoot ?? near.head()!.receiptsRoot;
  if (sectionRoot(receipts, hashAll) === expected) return true;
  if (receipts.length > 0 || pruned === 0n || height !== pruned + 1n)
    refuse(height, "its receipts are not those that its chain names");
  return false;
}
