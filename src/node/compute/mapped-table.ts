/**
 * A table in a file that native code has mapped: processes that map one file share its memory, the system takes that back
 * when it is short of it, and nothing is copied at a start.
 */
import {UnavailableError} from "../../errors.js";
import type {Dag, DistantTable} from "../ledger/mining/checkpoints.js";

/** Where a table lies in a file. */
export interface TablePlace {
  /** Descriptor of the file, open for as long as the mapping is being made. */
  readonly fd: number;
  /** Of the first entry, in bytes; a multiple of 32. */
  readonly offset: number;
  readonly entries: number;
}

/** Whatever reads it throws UnavailableError TABLE_CHANGED once its file was written to or cut short. */
export interface MappedTable extends DistantTable {
  /** Where another thread finds it, for as long as this object is used. */
  readonly place: TablePlace;
  /** Fills `into` with what lies at byte `at` of the entries and behind it. */
  read(at: number, into: Uint8Array): void;
  /** Bytes that are mapped in large pages now, of those that have been read. Takes some milliseconds. */
  largeBytes(): number;
}

/** The code with which everything that reads a mapped table fails once it is not what was mapped. */
export const TABLE_CHANGED = "TABLE_CHANGED";
export const isTableChanged = (error: unknown): boolean =>
  error instanceof UnavailableError && error.code === TABLE_CHANGED;

export const isMapped = (dag: Dag): dag is MappedTable => "largeBytes" in dag;
