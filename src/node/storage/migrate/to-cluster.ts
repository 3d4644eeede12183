/** Brings the history of a data directory to a cluster while no node runs. */
import {UnavailableError} from "../../../errors.js";
import type {CqlHistory, HistoryBlock} from "../cql/history.js";
import {nextBlocks} from "../cql/next-blocks.js";
import type {SqliteStore} from "../sqlite/store.js";
import {Anomalies} from "./anomalies.js";
import type {Progress} from "./compare.js";
import {Copied, type CopyReport} from "./copied.js";
import {Pace} from "./pace.js";
import {hasReceipts, type ReceiptPorts} from "./receipts.js";

export interface FillPorts extends ReceiptPorts {
  /** Null for a rehearsal, which reads everything. */
  readonly far: CqlHistory | null;
  readonly progress: Progress;
}

/**
 * The head of the cluster is the checkpoint.
 * @param rate blocks in a second; null for as many as it goes
 * @returns with the newest block that the cluster has; in a rehearsal, that it would have
 * @throws UnavailableError DATABASE_CORRUPT where the local file holds other receipts than its headers name
 */
export async function fillCluster(rate: number | null, ports: FillPorts, signal: AbortSignal): Promise<CopyReport> {
  const {near, far, progress} = ports;
  const pace = new Pace(rate);
  const copied = new Copied();
  const anomalies = new Anomalies();
  const head = near.head()?.header.height ?? -1n;
  const begun = far?.height ?? -1n;
  let height = begun;
  const pruned = near.prunedHeight();
  const first = begun > 0n ? begun + 1n : 1n;
  if (pruned >= first) anomalies.add("blocks-pruned", `block ${first}`, Number(pruned - first + 1n));
  for (let reading = readAhead(near, height); ; ) {
    const blocks = await reading;
    const last = blocks.at(-1);
    if (!last) return copied.report(height, pace, anomalies);
    for (const each of blocks)
      if (!hasReceipts(each, {...ports, pruned: near.prunedHeight()}, refuse))
        anomalies.add("receipts-missing", `block ${each.block.header.height}`);
    height = last.block.header.height;
    // One batch is read while the cluster takes the one before, and no more: each may be of megabytes.
    reading = readAhead(near, height);
    await far?.append(blocks);
    copied.add(blocks);
    progress("blocks", height - begun, head - begun);
    await pace.took(blocks.length, signal);
  }
}

function readAhead(near: SqliteStore, shipped: bigint): Promise<readonly HistoryBlock[]> {
  const reading = nextBlocks(near, shipped);
  // Where sending fails, nobody asks any more.
  reading.catch(() => undefined);
  return reading;
}

const refuse = (height: bigint, what: string): never => {
  throw new UnavailableError("DATABASE_CORRUPT", `block ${height}: ${what}`, {
    hint: "run qsdm store verify, and restore the data directory from a copy",
  });
};
