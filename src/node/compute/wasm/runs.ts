/** Runs of table entries: two at a time while both go on. */
import {type DagRun, ENTRY_BYTES} from "../../ledger/mining/dag.js";
import {type Kernel, type Lane, PLACE, RUN_ENTRIES} from "./kernel.js";

/** A run and how far it is. */
interface Running {
  readonly run: DagRun;
  readonly entries: number;
  done: number;
}

/** Computes each run. */
export function extendRuns(kernel: Kernel, runs: readonly DagRun[]): void {
  for (let i = 0; i < runs.length; i += 2) {
    const first = running(kernel, runs[i]!, 0);
    const second = i + 1 < runs.length ? running(kernel, runs[i + 1]!, 1) : null;
    while (second && first.done < first.entries && second.done < second.entries) extendTwo(kernel, first, second);
    extendRest(kernel, first, 0);
    if (second) extendRest(kernel, second, 1);
  }
}

function running({bytes}: Kernel, run: DagRun, lane: Lane): Running {
  bytes.set(run.previous, PLACE.entries[lane]);
  return {run, entries: run.into.length / ENTRY_BYTES, done: 0};
}

function extendTwo(kernel: Kernel, first: Running, second: Running): void {
  const {entries, runs} = PLACE;
  const count = Math.min(RUN_ENTRIES, first.entries - first.done, second.entries - second.done);
  const indexes = [first, second].map(({run, done}) => run.index + done);
  kernel.chain2(entries[0], entries[1], indexes[0]!, indexes[1]!, runs[0], runs[1], count, ENTRY_BYTES);
  take(kernel, first, {lane: 0, count});
  take(kernel, second, {lane: 1, count});
}

function extendRest(kernel: Kernel, one: Running, lane: Lane): void {
  while (one.done < one.entries) {
    const count = Math.min(RUN_ENTRIES, one.entries - one.done);
    kernel.chain(PLACE.entries[lane], one.run.index + one.done, PLACE.runs[lane], count, ENTRY_BYTES);
    take(kernel, one, {lane, count});
  }
}

/** Copies what the lane computed to where the run wants it. */
function take({bytes}: Kernel, one: Running, {lane, count}: {lane: Lane; count: number}): void {
  const from = PLACE.runs[lane];
  one.run.into.set(bytes.subarray(from, from + count * ENTRY_BYTES), one.done * ENTRY_BYTES);
  one.done += count;
}
