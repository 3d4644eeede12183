import {type DagCheckpoints, entriesOf, markCount} from "../../../src/node/ledger/mining/checkpoints.js";
import {ENTRY_BYTES} from "../../../src/node/ledger/mining/dag.js";

/** Every `interval`-th entry of `table`. */
export function checkpointsOf(table: Uint8Array, interval: number): DagCheckpoints {
  const entries = entriesOf(table);
  const marks = new Uint8Array(markCount(entries, interval) * ENTRY_BYTES);
  for (let i = 0; i * interval < entries; i++)
    marks.set(table.subarray(i * interval * ENTRY_BYTES, (i * interval + 1) * ENTRY_BYTES), i * ENTRY_BYTES);
  return {entries, interval, marks};
}
