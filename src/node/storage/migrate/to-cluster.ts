/** Brings the history of a data directory to a cluster while no node runs, and holds both sides to each other. */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {block as blockCodec, certificate} from "../../../codecs/chain/block.js";
import {type Receipt, receipt} from "../../../codecs/chain/receipt.js";
import {sha256} from "../../../codecs/hash.js";
import type {CqlHistory, HistoryBlock} from "../cql/history.js";
import {nextBlocks} from "../cql/next-blocks.js";
import type {SqliteStore} from "../sqlite/store.js";
import {Anomalies, type Anomaly} from "./anomalies.js";
import {Pace} from "./pace.js";

export interface FillPorts {
  readonly near: SqliteStore;
  /** Null for a rehearsal, which reads everything. */
  readonly far: CqlHistory | null;
  /** Called behind every batch with heights. */
  readonly progress: (part: string, done: number, total: number, secondsLeft: number | null) => void;
}

export interface FillReport {
  /** In this run. */
  readonly blocks: number;
  readonly receipts: number;
  /** Of headers, bodies, votes and receipts as they are encoded. */
  readonly bytes: number;
  /** Newest block that the cluster has; in a rehearsal, that it would have. */
  readonly height: bigint;
  readonly seconds: number;
  readonly anomalies: readonly Anomaly[];
}

/** @param rate blocks in a second; null for as many as it goes */
export async function fillCluster(rate: number | null, ports: FillPorts, signal: AbortSignal): Promise<FillReport> {
  const {near, far, progress} = ports;
  const pace = new Pace(rate);
  const anomalies = new Anomalies();
  const head = near.head()?.header.height ?? -1n;
  const begun = far?.height ?? -1n;
  let height = begun;
  let [receipts, bytes] = [0, 0];
  const pruned = near.prunedHeight();
  const first = begun > 0n ? begun + 1n : 1n;
  if (pruned >= first) anomalies.add("blocks-pruned", `block ${first}`, Number(pruned - first + 1n));
  for (;;) {
    const blocks = await nextBlocks(near, height);
    const last = blocks.at(-1);
    if (!last) break;
    await far?.append(blocks);
    height = last.block.header.height;
    for (const each of blocks) {
      receipts += each.receipts.length;
      bytes += partsOf(each).reduce((sum, part) => sum + part.length, 0);
    }
    const [done, total] = [Number(height - begun), Number(head - begun)];
    progress("blocks", done, total, pace.secondsLeft(done, total));
    await pace.took(blocks.length, signal);
  }
  return {blocks: pace.rows, receipts, bytes, height, seconds: pace.elapsedMs / 1_000, anomalies: anomalies.list()};
}

export interface CompareReport {
  readonly blocks: number;
  /** SHA-256 over all that was compared, of the local file and of the cluster, hex. */
  readonly here: string;
  readonly there: string;
  /** First block that differs; null where none does. */
  readonly differs: bigint | null;
}

/** Reads all blocks that the local file has back from the cluster, and their receipts in both ways of asking for them. */
export async function compareCluster(
  {near, far, progress}: FillPorts & {readonly far: CqlHistory},
  signal: AbortSignal,
): Promise<CompareReport> {
  let [here, there]: [Uint8Array, Uint8Array] = [new Uint8Array(32), new Uint8Array(32)];
  let differs: bigint | null = null;
  let blocks = 0;
  for (let next = await nextBlocks(near, -1n); next.length > 0; next = await nextBlocks(near, heightOf(next.at(-1)!))) {
    for (const each of next) {
      signal.throwIfAborted();
      const height = heightOf(each);
      here = sha256(here, ...partsOf(each));
      const stored = await far.block(height);
      const receipts = await far.receipts({from: height, to: height, limit: 0x7fff_ffff});
      there = sha256(there, ...(stored ? partsOf({...stored, receipts: receipts.toReversed()}) : []));
      const isListed = hexOf(here) === hexOf(there);
      if (differs === null && !(isListed && (await areFound(each.receipts, far)))) differs = height;
      blocks += 1;
    }
    progress("comparing", Number(heightOf(next.at(-1)!)), Number(near.head()!.header.height), null);
  }
  return {blocks, here: hexOf(here), there: hexOf(there), differs};
}

/** Whether each receipt is found by its id as well. */
async function areFound(receipts: readonly Receipt[], far: CqlHistory): Promise<boolean> {
  const found = await Promise.all(receipts.map(({txId}) => far.receipt(txId)));
  return receipts.every((each, at) => {
    const there = found[at];
    return there ? equalBytes(receipt.encode(there), receipt.encode(each)) : false;
  });
}

const heightOf = ({block}: HistoryBlock): bigint => block.header.height;

const partsOf = ({block, certificate: votes, receipts}: HistoryBlock): readonly Uint8Array[] => [
  blockCodec.encode(block),
  certificate.encode(votes),
  ...receipts.map((each) => receipt.encode(each)),
];
