/** Brings the history of a data directory to a cluster while no node runs. */
import type {CqlHistory} from "../cql/history.js";
import {nextBlocks} from "../cql/next-blocks.js";
import type {SqliteStore} from "../sqlite/store.js";
import {Anomalies} from "./anomalies.js";
import type {Progress} from "./compare.js";
import {Copied, type CopyReport} from "./copied.js";
import {Pace} from "./pace.js";

export interface FillPorts {
  readonly near: SqliteStore;
  /** Null for a rehearsal, which reads everything. */
  readonly far: CqlHistory | null;
  readonly progress: Progress;
}

/**
 * The head of the cluster is the checkpoint.
 * @param rate blocks in a second; null for as many as it goes
 * @returns with the newest block that the cluster has; in a rehearsal, that it would have
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
  for (;;) {
    const blocks = await nextBlocks(near, height);
    const last = blocks.at(-1);
    if (!last) return copied.report(height, pace, anomalies);
    await far?.append(blocks);
    height = last.block.header.height;
    copied.add(blocks);
    progress("blocks", height - begun, head - begun);
    await pace.took(blocks.length, signal);
  }
}
