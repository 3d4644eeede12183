/**
 * The proof-of-work table: a chain of SHA3-256 digests from epoch and work-set root. Each entry needs the one before
 * it, so a table is built once, front to back; only who has kept entries on the way can build its parts side by side.
 * Source: QSDM mining protocol, section 6.
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {RuleError} from "../../../errors.js";

const DOMAIN = utf8("QSDM/mesh3d-pow/v1");
/** Entries of the largest table of any chain: 2 GiB. */
export const DAG_ENTRIES_MAX = 2 ** 26;
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

/** A run of entries to compute: as many as `into` has room for, from `index` on. */
export interface DagRun {
  /** The entry before `index`. */
  readonly previous: Uint8Array;
  readonly index: number;
  readonly into: Uint8Array;
}

/** Entry 0. */
export function firstEntry({epoch, workSetRoot}: Omit<DagSeed, "entries">): Uint8Array {
  const epochBytes = new Uint8Array(8);
  new DataView(epochBytes.buffer).setBigUint64(0, epoch, true);
  return sha3(concat(DOMAIN, epochBytes, workSetRoot));
}

/** Computes one run. */
export function extendDag({previous, index, into}: DagRun): void {
  const input = new Uint8Array(ENTRY_BYTES + 4);
  const suffix = new DataView(input.buffer, ENTRY_BYTES);
  let entry = previous;
  for (let at = 0; at < into.length; at += ENTRY_BYTES) {
    input.set(entry);
    suffix.setUint32(0, index + at / ENTRY_BYTES, true);
    entry = sha3(input);
    into.set(entry, at);
  }
}

/** The whole table at once, for sizes that take no time worth showing. @throws RuleError DAG_SIZE */
export function buildDag(seed: DagSeed): DagTable {
  checkEntries(seed.entries);
  const table = new Uint8Array(seed.entries * ENTRY_BYTES);
  const previous = firstEntry(seed);
  table.set(previous);
  extendDag({previous, index: 1, into: table.subarray(ENTRY_BYTES)});
  return table;
}

export const entryCount = (table: DagTable): number => table.length / ENTRY_BYTES;

/** One entry; a view, not a copy. @throws RuleError DAG_INDEX */
export function entryAt(table: DagTable, index: number): Uint8Array {
  checkIndex(index, entryCount(table));
  return table.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES);
}

/** @throws RuleError DAG_INDEX */
export function checkIndex(index: number, entries: number): void {
  if (index >= entries) throw new RuleError("DAG_INDEX", `mining: DAG index ${index} >= N ${entries}`);
}

/** @throws RuleError DAG_SIZE */
export function checkEntries(entries: number): void {
  if (entries < 2) throw new RuleError("DAG_SIZE", "mining: DAG size N must be >= 2");
}
