/** Holds the history of a data directory and that of a cluster to each other, block by block. */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {block as blockCodec, certificate} from "../../../codecs/chain/block.js";
import {txIdIn} from "../../../codecs/chain/receipt.js";
import {sha256} from "../../../codecs/hash.js";
import type {CqlHistory, HistoryBlock} from "../cql/history.js";
import {nextBlocks} from "../cql/next-blocks.js";
import type {SqliteStore} from "../sqlite/store.js";
import type {Answer} from "../store.js";

/** Called behind every batch. */
export type Progress = (part: string, done: number | bigint, total: number | bigint) => void;

export interface ComparePorts {
  readonly near: SqliteStore;
  readonly far: CqlHistory;
  /** Asks the side that was written for receipts by their ids, as they are encoded. */
  readonly found: (txIds: readonly Uint8Array[]) => Answer<readonly (Uint8Array | null)[]>;
  readonly progress: Progress;
}

export interface CompareReport {
  readonly blocks: number;
  /** SHA-256 over all that was compared, of the local file and of the cluster, hex. */
  readonly here: string;
  readonly there: string;
  /** First block that differs; null where none does. */
  readonly differs: bigint | null;
}

/** Reads all blocks that the local file has back from both sides, and their receipts in both ways of asking for them. */
export async function compareHistory(
  upTo: bigint,
  {near, far, found, progress}: ComparePorts,
  signal: AbortSignal,
): Promise<CompareReport> {
  let [here, there]: [Uint8Array, Uint8Array] = [new Uint8Array(32), new Uint8Array(32)];
  let differs: bigint | null = null;
  let blocks = 0;
  let last = -1n;
  for (;;) {
    const next = await nextBlocks(near, last, upTo);
    if (next.length === 0) return {blocks, here: hexOf(here), there: hexOf(there), differs};
    const wasSame: boolean = differs === null;
    for (const each of next) {
      signal.throwIfAborted();
      last = each.block.header.height;
      here = sha256(here, ...partsOf(each));
      const stored = await far.full(last);
      there = sha256(there, ...(stored ? partsOf(stored) : []));
      if (differs === null && !equalBytes(here, there)) differs = last;
      blocks += 1;
    }
    const lost: bigint | null = wasSame ? await firstLost(next, found) : null;
    if (lost !== null && (differs === null || lost < differs)) differs = lost;
    progress("comparing", last, upTo);
  }
}

/** Height of the first of some blocks with a receipt that its id does not find; null where each is found. */
async function firstLost(blocks: readonly HistoryBlock[], found: ComparePorts["found"]): Promise<bigint | null> {
  const wanted = blocks.flatMap(({block, receipts}) => receipts.map((value) => ({height: block.header.height, value})));
  const answers = await found(wanted.map(({value}) => txIdIn(value)));
  const lost = wanted.find(({value}, at) => {
    const answer = answers[at];
    return !(answer && equalBytes(answer, value));
  });
  return lost?.height ?? null;
}

/** What of a block is moved, as it is encoded. */
export const partsOf = ({block, certificate: votes, receipts}: HistoryBlock): readonly Uint8Array[] => [
  blockCodec.encode(block),
  certificate.encode(votes),
  ...receipts,
];
