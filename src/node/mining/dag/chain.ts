/** A table from its first entry on, one hash after the other. */
import type {ComputeBackend} from "../../compute/backend.js";
import {ENTRY_BYTES, firstEntry} from "../../ledger/mining/dag.js";
import {BOARD, type DagJob} from "./job.js";

/** Entries between two looks at the board: about 1 ms in WebAssembly. */
const STEP_ENTRIES = 4_096;

/** Fills checkpoints, and the table where there is one; stops for a moment after each `next()`. */
export function* fillChain(job: DagJob, {extendDags}: Pick<ComputeBackend, "extendDags">): Generator<void, void> {
  const {seed, table, board} = job;
  const scratch = table ? null : new Uint8Array(STEP_ENTRIES * ENTRY_BYTES);
  let previous = firstEntry(seed);
  table?.set(previous);
  keepMarks(job, 0, previous);
  for (let index = 1; index < seed.entries; ) {
    const count = Math.min(STEP_ENTRIES, seed.entries - index);
    const into = scratch
      ? scratch.subarray(0, count * ENTRY_BYTES)
      : table!.subarray(index * ENTRY_BYTES, (index + count) * ENTRY_BYTES);
    extendDags([{previous, index, into}]);
    keepMarks(job, index, into);
    // A copy: the scratch is written over.
    previous = into.slice(-ENTRY_BYTES);
    index += count;
    Atomics.store(board, BOARD.done, index);
    yield;
  }
}

/** Copies those of `entries`, which start at `index`, that are checkpoints. */
function keepMarks({interval, marks}: DagJob, index: number, entries: Uint8Array): void {
  const end = index + entries.length / ENTRY_BYTES;
  for (let at = Math.ceil(index / interval) * interval; at < end; at += interval) {
    const from = (at - index) * ENTRY_BYTES;
    marks.set(entries.subarray(from, from + ENTRY_BYTES), (at / interval) * ENTRY_BYTES);
  }
}
