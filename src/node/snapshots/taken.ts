/**
 * Which batches the chain took near a block (docs/decisions/0057-dag-mempool.md). The state does not say, so a snapshot
 * carries what the blocks took, as far back as it matters; their headers vouch for it.
 */
import {setImmediate as nextTurn} from "node:timers/promises";
import type {Block, Header} from "../../codecs/chain/block.js";
import type {TakenEntry} from "../../codecs/chain/snapshot.js";
import {BATCH_WINDOW_ROUNDS, type BatchRef, batchRef} from "../../codecs/dag/batch.js";
import {RuleError, UnavailableError} from "../../errors.js";
import {sectionRoot} from "../ledger/chain/sections.js";

const HEADERS_AT_ONCE = 256;

/** The header of a height at or below the block. */
type ReadHeader = (height: bigint) => Header | Promise<Header>;
/** What one block took, or null where that is not known. */
type ReadTaken = (header: Header) => Promise<TakenEntry["batches"] | null> | TakenEntry["batches"] | null;

/**
 * Blocks that took batches, newest first, down to the first that cannot matter any more: one with a batch of a round two
 * windows below the newest. Whatever came before it was of rounds that are forgotten, since no batch is taken more than a
 * window below the newest of its time. Batches begin anew with each epoch.
 */
async function* back(tip: Header, headerAt: ReadHeader, read: ReadTaken): AsyncGenerator<TakenEntry> {
  let newest = 0n;
  for (let height = tip.height; height > 0n; height--) {
    if (height % BigInt(HEADERS_AT_ONCE) === 0n) await nextTurn();
    const header = await headerAt(height);
    if (header.epoch !== tip.epoch) return;
    if (header.batchCount === 0) continue;
    const batches = await read(header);
    if (batches === null) return;
    yield {height, batches};
    for (const {round} of batches) if (round > newest) newest = round;
    if (batches.some(({round}) => round < newest - 2n * BATCH_WINDOW_ROUNDS)) return;
  }
}

export interface TakenSource {
  header(height: bigint): Header | null;
  block(height: bigint): Promise<{readonly block: Pick<Block, "batches">} | null>;
}

/** What the blocks up to `tip` took. @throws UnavailableError SNAPSHOT_PRUNED */
export async function takenUpTo(tip: Header, store: TakenSource): Promise<readonly TakenEntry[]> {
  const entries: TakenEntry[] = [];
  const read = async ({height}: Header): Promise<TakenEntry["batches"]> => {
    const stored = await store.block(height);
    if (stored) return stored.block.batches;
    throw new UnavailableError(
      "SNAPSHOT_PRUNED",
      `block ${height} was pruned, and what it took is not known any more`,
      {
        hint: "keep more blocks with --retain-blocks, or take the snapshot on an archive node",
      },
    );
  };
  for await (const each of back(tip, (height) => store.header(height)!, read)) entries.push(each);
  return entries;
}

/**
 * The batches that cannot be taken again after `tip`, oldest block first, out of entries that are held to the headers.
 * @throws RuleError SNAPSHOT_CHUNK_INVALID
 */
export async function checkTaken(
  entries: readonly TakenEntry[],
  tip: Header,
  headerAt: ReadHeader,
): Promise<readonly BatchRef[]> {
  let next = 0;
  const read = ({height, batchCount, batchesRoot}: Header): TakenEntry["batches"] | null => {
    const entry = entries[next++];
    if (entry?.height !== height) return refuse(`it lacks what block ${height} took`);
    const {batches} = entry;
    if (batches.length !== batchCount || sectionRoot(batches.map((each) => batchRef.encode(each))) !== batchesRoot)
      refuse(`block ${height} took others`);
    return batches;
  };
  const taken: BatchRef[] = [];
  let newest = 0n;
  for await (const {batches} of back(tip, headerAt, read)) {
    taken.unshift(...batches);
    for (const {round} of batches) if (round > newest) newest = round;
  }
  if (next !== entries.length) refuse("it has more than matters");
  return taken.filter(({round}) => round >= newest - BATCH_WINDOW_ROUNDS);
}

function refuse(why: string): never {
  throw new RuleError("SNAPSHOT_CHUNK_INVALID", `the chunk of batches does not hold: ${why}`);
}
