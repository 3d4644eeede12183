/**
 * Brings blocks back that a data directory has let go and a cluster has, while no node runs. They come from the newest
 * on, so that at every moment the file is that of a node that prunes, and its pruned height is the checkpoint.
 */
import {blockIdOf, type Certificate} from "../../../codecs/chain/block.js";
import {RuleError, UnavailableError} from "../../../errors.js";
import {isBodyOf} from "../../ledger/chain/assemble.js";
import type {CqlHistory, HistoryBlock} from "../cql/history.js";
import {BATCH_BLOCKS, BATCH_BYTES, bodyBytes} from "../cql/next-blocks.js";
import {Anomalies} from "./anomalies.js";
import type {Progress} from "./compare.js";
import {Copied, type CopyReport} from "./copied.js";
import {Pace} from "./pace.js";
import {hasReceipts, type ReceiptPorts} from "./receipts.js";

/** Blocks that are asked for at once: any of them may be of megabytes. */
const AT_ONCE = 4;

export interface FetchOptions {
  /** Blocks in a second; null for as many as it goes. */
  readonly rate: number | null;
  /** Whether everything is read and checked, and nothing is written. */
  readonly isRehearsal: boolean;
}

export interface FetchPorts extends ReceiptPorts {
  readonly far: CqlHistory;
  /** Holds a certificate to the voters of its epoch. @throws RuleError CERTIFICATE_INVALID */
  readonly checkVotes: (certificate: Certificate) => void;
  readonly progress: Progress;
}

/** What would come back: blocks above `from`, up to `to`; none where the two are one. */
export interface Gap {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * @param gone height up to which blocks were pruned for good
 * @throws UnavailableError CLUSTER_BEHIND where the cluster never had some of them
 */
export async function gapOf({near, far}: Pick<FetchPorts, "near" | "far">, gone: bigint): Promise<Gap> {
  const to = near.prunedHeight();
  if (to === gone) return {from: to, to};
  if (to > far.height)
    throw new UnavailableError("CLUSTER_BEHIND", `the cluster ends with block ${far.height}, ${to} is needed`, {
      hint: "name the keyspace that this data directory's history went to",
    });
  return {from: await far.givenUp(gone), to};
}

/** @returns with the height up to which blocks are not there: 0 once all are */
export async function fetchHistory(
  {rate, isRehearsal}: FetchOptions,
  {from, to}: Gap,
  ports: FetchPorts,
  signal: AbortSignal,
): Promise<CopyReport> {
  const {near, far, checkVotes, progress} = ports;
  const pace = new Pace(rate);
  const copied = new Copied();
  const anomalies = new Anomalies();
  if (from > 0n) anomalies.add("blocks-pruned", "block 1", Number(from));
  for (let end = to; end > from; ) {
    const blocks = await lastBlocks(far, {from, to: end});
    for (const [at, each] of blocks.entries()) {
      const height = end - BigInt(blocks.length - 1 - at);
      checkBlock(each, height, ports);
      if (!hasReceipts(each, {...ports, pruned: from}, refuse)) anomalies.add("receipts-missing", `block ${height}`);
      checkVotes(each.certificate);
    }
    if (!isRehearsal) await near.restore(blocks);
    end -= BigInt(blocks.length);
    copied.add(blocks);
    progress("blocks", to - end, to - from);
    await pace.took(blocks.length, signal);
  }
  return copied.report(from < to ? from : to, pace, anomalies);
}

/** The newest blocks of a gap in order of height, as many as are written at once. */
async function lastBlocks(far: CqlHistory, {from, to}: Gap): Promise<readonly HistoryBlock[]> {
  const blocks: HistoryBlock[] = [];
  for (let bytes = 0; blocks.length < BATCH_BLOCKS && bytes < BATCH_BYTES; ) {
    const end = to - BigInt(blocks.length);
    const heights = Array.from({length: AT_ONCE}, (_, at) => end - BigInt(at)).filter((height) => height > from);
    if (heights.length === 0) break;
    const read = await Promise.all(heights.map((height) => blockAt(far, height)));
    blocks.unshift(...read.toReversed());
    bytes += read.reduce((sum, {block}) => sum + bodyBytes(block), 0);
  }
  return blocks;
}

async function blockAt(far: CqlHistory, height: bigint): Promise<HistoryBlock> {
  const block = await far.full(height);
  if (block) return block;
  throw new UnavailableError("CLUSTER_ROWS_MISSING", `the cluster has no block ${height}`, {
    hint: "repair the cluster's tables (nodetool repair); what came before stays",
  });
}

const refuse = (height: bigint, what: string): never => {
  throw new RuleError("CLUSTER_BLOCK_INVALID", `block ${height} in the cluster: ${what}`, {
    hint: "repair the cluster's tables (nodetool repair); what came before stays",
  });
};

/** Holds a block to the header that the local file has. @throws RuleError CLUSTER_BLOCK_INVALID */
function checkBlock(
  {id, block, certificate}: HistoryBlock,
  height: bigint,
  {near, hashAll}: Pick<FetchPorts, "near" | "hashAll">,
): void {
  const own = near.header(height);
  const next = near.header(height + 1n);
  if (!own || !next) return refuse(height, "the data directory lacks its header, or the next one");
  if (next.parentId !== blockIdOf(own)) refuse(height, "the data directory's own headers do not follow each other");
  if (id !== blockIdOf(own) || blockIdOf(block.header) !== id)
    refuse(height, "it is another one than the data directory's");
  if (!isBodyOf(block, hashAll)) refuse(height, "its body does not give the header's roots");
  const {blockId, epoch, view} = certificate;
  if (blockId !== id || certificate.height !== height || epoch !== own.epoch || view !== own.view)
    refuse(height, "its votes are for another block");
}
