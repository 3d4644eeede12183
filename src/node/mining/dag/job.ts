/** What threads share while they fill a table or its checkpoints. */
import type {TablePlace} from "../../compute/mapped-table.js";
import type {DagSeed} from "../../ledger/mining/dag.js";

/** Part of the work, done by one thread to its end or until `stop` is set. */
export interface DagJob {
  readonly seed: DagSeed;
  /** Distance between two checkpoints. */
  readonly interval: number;
  /** Room for the whole table, or the table to check; null where the checkpoints alone are wanted. */
  readonly table: Uint8Array | null;
  /** Whether the table is there, and is compared with what its checkpoints give. */
  readonly checks: boolean;
  /** A table in a file, which is mapped and compared with what the checkpoints give; null where there is none. */
  readonly mapped: TablePlace | null;
  /** Room for the checkpoints, or the checkpoints to work from. */
  readonly marks: Uint8Array;
  readonly board: DagBoard;
}

/** Shared numbers, by index. */
export type DagBoard = Int32Array;
export const BOARD = {
  /** Entries that are done. */
  done: 0,
  /** Segment that nobody has taken yet. */
  next: 1,
  /** Not zero: nobody wants the result any more. */
  stop: 2,
  /** Not zero: a checkpoint does not follow from the one before. */
  wrong: 3,
} as const;
export const createBoard = (): DagBoard => new Int32Array(new SharedArrayBuffer(4 * Object.keys(BOARD).length));

/** `chain` computes everything from the first entry; `segments` goes from checkpoint to checkpoint, in parallel. */
export type DagMethod = "chain" | "segments";
