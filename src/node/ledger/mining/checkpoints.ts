/**
 * Every so-manieth entry of a table, from which any other is computed when it is read. A verifier needs no more: with
 * every 256th kept, 8 MiB stand for 2 GiB, and a read costs 128 hashes on average.
 */
import {checkIndex, type DagTable, ENTRY_BYTES, entryAt, entryCount, extendDag} from "./dag.js";

export interface DagCheckpoints {
  /** Entries of the whole table. */
  readonly entries: number;
  /** Distance between two kept entries. */
  readonly interval: number;
  /** Entries 0, `interval`, 2 `interval` and so on, 32 bytes each. */
  readonly marks: Uint8Array;
}

/** A whole table that is kept elsewhere, and read entry by entry. */
export interface DistantTable {
  readonly entries: number;
  /** One entry, 32 bytes, not to be written to; `index` is below `entries`. */
  entryAt(index: number): Uint8Array;
}

/** What can be walked over. */
export type Dag = DagTable | DistantTable | DagCheckpoints;

/** Entries that are kept of a table. */
export const markCount = (entries: number, interval: number): number => Math.ceil(entries / interval);

export const isTable = (dag: Dag): dag is DagTable => dag instanceof Uint8Array;

export const isCheckpoints = (dag: Dag): dag is DagCheckpoints => "marks" in dag;

/** Entries that can be read. */
export const entriesOf = (dag: Dag): number => (isTable(dag) ? entryCount(dag) : dag.entries);

/** One entry, not to be written to. @throws RuleError DAG_INDEX */
export function readEntry(dag: Dag, index: number): Uint8Array {
  if (isTable(dag)) return entryAt(dag, index);
  checkIndex(index, dag.entries);
  return isCheckpoints(dag) ? computeEntry(dag, index) : dag.entryAt(index);
}

function computeEntry({interval, marks}: DagCheckpoints, index: number): Uint8Array {
  const mark = Math.floor(index / interval);
  const previous = marks.subarray(mark * ENTRY_BYTES, (mark + 1) * ENTRY_BYTES);
  const distance = index % interval;
  if (distance === 0) return previous;
  const into = new Uint8Array(distance * ENTRY_BYTES);
  extendDag({previous, index: index - distance + 1, into});
  return into.subarray(-ENTRY_BYTES);
}
