/**
 * A table from its checkpoints, by as many threads as there are. Each segment has to end in the next checkpoint and the
 * first one starts from what the seed gives, so whoever gets to the end has the true table, whoever made the file.
 */
import {equalBytes} from "../../../codecs/bytes.js";
import type {ComputeBackend} from "../../compute/backend.js";
import {markCount} from "../../ledger/mining/checkpoints.js";
import {type DagRun, ENTRY_BYTES, firstEntry} from "../../ledger/mining/dag.js";
import {BOARD, type DagJob} from "./job.js";

/** Entries that a thread takes from the board at once: about 1 ms in WebAssembly. */
const TAKEN_ENTRIES = 4_096;

/** Fills or checks the table, or checks the checkpoints where there is none, until no segment is left or one is wrong. */
export function* fillSegments(
  job: DagJob,
  backend: Pick<ComputeBackend, "extendDags" | "mapTable">,
): Generator<void, void> {
  const {seed, interval, marks, board} = job;
  const table = job.checks ? null : job.table;
  const isInTable = comparisonOf(job, backend);
  const segments = markCount(seed.entries, interval);
  const taken = Math.max(2, Math.floor(TAKEN_ENTRIES / interval));
  const scratch = table ? null : new Uint8Array(taken * interval * ENTRY_BYTES);
  if (!equalBytes(marks.subarray(0, ENTRY_BYTES), firstEntry(seed))) Atomics.store(board, BOARD.wrong, 1);
  table?.set(marks.subarray(0, ENTRY_BYTES));
  while (Atomics.load(board, BOARD.wrong) === 0) {
    const from = Atomics.add(board, BOARD.next, taken);
    if (from >= segments) return;
    const runs: DagRun[] = [];
    for (let segment = from; segment < Math.min(from + taken, segments); segment++)
      runs.push(runOf({...job, table}, segment, scratch?.subarray((segment - from) * interval * ENTRY_BYTES) ?? null));
    backend.extendDags(runs);
    if (!runs.every((run) => endsInMark(job, run) && isInTable(run))) Atomics.store(board, BOARD.wrong, 1);
    Atomics.add(
      board,
      BOARD.done,
      runs.reduce((sum, {into}) => sum + into.length / ENTRY_BYTES, 0),
    );
    yield;
  }
}

/** From the checkpoint after which `segment` starts to the next checkpoint, itself included, or to the table's end. */
function runOf({seed, interval, table, marks}: DagJob, segment: number, scratch: Uint8Array | null): DagRun {
  const index = segment * interval + 1;
  const end = Math.min(index + interval, seed.entries);
  return {
    previous: marks.subarray(segment * ENTRY_BYTES, (segment + 1) * ENTRY_BYTES),
    index,
    into: table
      ? table.subarray(index * ENTRY_BYTES, end * ENTRY_BYTES)
      : scratch!.subarray(0, (end - index) * ENTRY_BYTES),
  };
}

/** Tells of a run whether a table that is checked says the same. */
function comparisonOf(
  {table, checks, mapped}: DagJob,
  {mapTable}: Pick<ComputeBackend, "mapTable">,
): (run: DagRun) => boolean {
  if (checks && table)
    return ({index, into}) => equalBytes(into, table.subarray(index * ENTRY_BYTES, index * ENTRY_BYTES + into.length));
  if (!mapped) return () => true;
  const file = mapTable?.(mapped);
  return ({index, into}) => {
    const there = new Uint8Array(into.length);
    file?.read(index * ENTRY_BYTES, there);
    return equalBytes(into, there);
  };
}

function endsInMark({interval, marks}: DagJob, {index, into}: DagRun): boolean {
  const mark = (index - 1) / interval + 1;
  if ((mark + 1) * ENTRY_BYTES > marks.length) return true;
  return equalBytes(into.subarray(-ENTRY_BYTES), marks.subarray(mark * ENTRY_BYTES, (mark + 1) * ENTRY_BYTES));
}
