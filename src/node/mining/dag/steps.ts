/** A table built in steps, so that whoever builds it can show progress, answer others, or stop. */
import type {ComputeBackend} from "../../compute/backend.js";
import {checkEntries, type DagSeed, ENTRY_BYTES, firstEntry} from "../../ledger/mining/dag.js";

/**
 * Fills `table`, up to `stepEntries` entries for each `next()`, which yields how many are done.
 * @throws RuleError DAG_SIZE
 */
export function* dagSteps(
  extendDags: ComputeBackend["extendDags"],
  {seed, table, stepEntries}: {seed: DagSeed; table: Uint8Array; stepEntries: number},
): Generator<number, void> {
  checkEntries(seed.entries);
  table.set(firstEntry(seed));
  for (let index = 1; index < seed.entries; index += stepEntries) {
    yield index;
    const previous = table.slice((index - 1) * ENTRY_BYTES, index * ENTRY_BYTES);
    const end = Math.min(index + stepEntries, seed.entries);
    extendDags([{previous, index, into: table.subarray(index * ENTRY_BYTES, end * ENTRY_BYTES)}]);
  }
}
