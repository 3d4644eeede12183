/** Whether a table is walked where its file is mapped, or in a copy that this process has for itself. */
import type {MappedTable} from "../../compute/mapped-table.js";
import {ENTRY_BYTES} from "../../ledger/mining/dag.js";

/** `auto` goes by what the walks are for and what the machine has. */
export const TABLE_MEMORIES = ["auto", "mapped", "copied"] as const;
export type TableMemory = (typeof TABLE_MEMORIES)[number];

/** What decides under `auto`. */
export interface MemoryFacts {
  /** Whether somebody searches, so that the rate of walks counts; else they verify proofs, a few a second. */
  readonly searches: boolean;
  /** Part of the mapping that large pages hold, 0 to 1. */
  readonly largeShare: number;
  readonly tableBytes: number;
  /** What the system has left for this process. */
  readonly availableBytes: number;
}

/** From here on a mapping was walked as quickly as a copy in large pages; in small pages at two thirds of the rate. */
const LARGE_SHARE = 0.75;
/** What a copy has to leave for others. */
const LEFT_BYTES = 2 ** 29;

/** Whether to walk the mapping. */
export function prefersMapping(memory: TableMemory, facts: MemoryFacts): boolean {
  if (memory !== "auto") return memory === "mapped";
  const {searches, largeShare, tableBytes, availableBytes} = facts;
  return !searches || largeShare >= LARGE_SHARE || availableBytes < tableBytes + LEFT_BYTES;
}

/** Part of a mapped table that large pages hold, once all of it was read. */
export const largeShareOf = (table: MappedTable): number =>
  Math.min(1, table.largeBytes() / (table.entries * ENTRY_BYTES));
