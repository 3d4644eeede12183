/**
 * The proof-of-work table: a chain of SHA3-256 digests from epoch and work-set root. Each entry needs the one before
 * it, so a table is built once, front to back, and never in parallel.
 * Source: QSDM mining protocol, section 6.
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {RuleError} from "../../../errors.js";

const DOMAIN = utf8("QSDM/mesh3d-pow/v1");
/** Bytes of one entry. */
export const ENTRY_BYTES = 32;

/** What a table is made from. */
export interface DagSeed {
  readonly epoch: bigint;
  /** Root of the whole canonical work set, 32 bytes. */
  readonly workSetRoot: Uint8Array;
  /** Number of entries, at least 2. */
  readonly entries: number;
}

/** A whole table: `entries` times 32 bytes. */
export type DagTable = Uint8Array;

/** Entry 0. */
export function firstEntry({epoch, workSetRoot}: Omit<DagSeed, "entries">): Uint8Array {
  const epochBytes = new Uint8Array(8);
  new DataView(epochBytes.buffer).setBigUint64(0, epoch, true);
  return sha3(concat(DOMAIN, epochBytes, workSetRoot));
}

/**
 * Builds a table step by step: each `next()` adds up to `stepEntries` entries and yields how many are done, so that a
 * caller can show progress or stop.
 * @throws RuleError DAG_SIZE
 */
export function* dagSteps(seed: DagSeed, table: Uint8Array, stepEntries: number): Generator<number, DagTable> {
  checkEntries(seed.entries);
  table.set(firstEntry(seed));
  const input = new Uint8Array(ENTRY_BYTES + 4);
  const index = new DataView(input.buffer, ENTRY_BYTES);
  for (let i = 1; i < seed.entries; i++) {
    if (i % stepEntries === 0) yield i;
    input.set(table.subarray((i - 1) * ENTRY_BYTES, i * ENTRY_BYTES));
    index.setUint32(0, i, true);
    table.set(sha3(input), i * ENTRY_BYTES);
  }
  return table;
}

/** The whole table at once, for sizes that take no time worth showing. @throws RuleError DAG_SIZE */
export function buildDag(seed: DagSeed): DagTable {
  checkEntries(seed.entries);
  const steps = dagSteps(seed, new Uint8Array(seed.entries * ENTRY_BYTES), seed.entries);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export const entryCount = (table: DagTable): number => table.length / ENTRY_BYTES;

/** One entry; a view, not a copy. @throws RuleError DAG_INDEX */
export function entryAt(table: DagTable, index: number): Uint8Array {
  if (index >= entryCount(table))
    throw new RuleError("DAG_INDEX", `mining: DAG index ${index} >= N ${entryCount(table)}`);
  return table.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES);
}

/** @throws RuleError DAG_SIZE */
export function checkEntries(entries: number): void {
  if (entries < 2) throw new RuleError("DAG_SIZE", "mining: DAG size N must be >= 2");
}
