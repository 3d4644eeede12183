/**
 * Tables and checkpoints, from the quickest source there is: a file that holds them, checkpoints on disk, or the chain of
 * hashes itself.
 */
import {setImmediate as nextTurn} from "node:timers/promises";
import {UnavailableError} from "../../../errors.js";
import type {ComputeBackend} from "../../compute/backend.js";
import {isMapped, type MappedTable, type TablePlace} from "../../compute/mapped-table.js";
import {
  type Dag,
  type DagCheckpoints,
  type DistantTable,
  entriesOf,
  isCheckpoints,
  isTable,
  markCount,
  readEntry,
} from "../../ledger/mining/checkpoints.js";
import {checkEntries, type DagSeed, type DagTable, ENTRY_BYTES} from "../../ledger/mining/dag.js";
import type {DagCache, DagFile} from "./cache.js";
import {Eta} from "./eta.js";
import {type FillPlan, fill} from "./fill.js";
import {createBoard, type DagJob, type DagMethod} from "./job.js";
import {prefersMapping, type TableMemory} from "./memory.js";

/** Where entries come from. */
export type DagSource = "file" | "checkpoints" | "chain";

/** How far a build is. */
export interface DagProgress {
  readonly epoch: bigint;
  readonly source: DagSource;
  readonly doneEntries: number;
  readonly entries: number;
  /** Null until it can be told. */
  readonly etaSeconds: number | null;
}

export interface DagOptions {
  /** Threads that build a large table from checkpoints; 0 builds on the calling thread. */
  readonly threads: number;
  /** Distance between two checkpoints. */
  readonly interval: number;
  /** Tables of up to so many entries are built where they are wanted and not kept: that takes less time than a file. */
  readonly smallEntries: number;
  readonly memory: TableMemory;
  /** Whether whole tables are for searching. */
  readonly searches: boolean;
}

/** What is filled or checked; `checks` and `mapped` as a job has them. */
interface FillWork extends Pick<DagJob, "seed" | "table" | "marks"> {
  readonly checks?: boolean;
  readonly mapped?: TablePlace | null;
}

/** Checkpoints that are taken from a table at once: a millisecond of the main loop. */
const MARKS_BYTES = 2 ** 12 * ENTRY_BYTES;
/** About 3 s on one core in WebAssembly. */
const QUICK_ENTRIES = 2 ** 23;

type SharedTable = Uint8Array<SharedArrayBuffer>;
/** A whole table: a copy of this process's own in memory that threads can share, or a file that is mapped. */
export type WholeTable = SharedTable | MappedTable;

/** Every 256th entry of 2^26 is 8 MiB, and reads cost 128 hashes on average. 2^17 entries take 40 ms. */
export const DEFAULT_DAG_OPTIONS: Omit<DagOptions, "threads" | "searches"> = {
  interval: 2 ** 8,
  smallEntries: 2 ** 17,
  memory: "auto",
};

export interface DagPorts {
  readonly backend: ComputeBackend;
  /** Null keeps nothing. */
  readonly cache: DagCache | null;
  /** Monotonic. */
  nowMs(): number;
}

/** Who wants the result, and hears of it. */
export interface DagWatch {
  readonly signal: AbortSignal;
  readonly progress: (progress: DagProgress) => void;
}

export class DagBuilder {
  constructor(
    private readonly options: DagOptions,
    private readonly ports: DagPorts,
  ) {}

  /** Whether tables of this size are small enough to be had whole at once. */
  isSmall(entries: number): boolean {
    return entries <= this.options.smallEntries;
  }

  /** Whether tables of this size are checked within some seconds, so that their user can wait for it. */
  isQuick(entries: number): boolean {
    return entries <= QUICK_ENTRIES;
  }

  /**
   * The whole table. One from a file is not proved.
   * @param mayMap whether its user can walk a file that is mapped
   * @throws RuleError DAG_SIZE; UnavailableError TABLE_MEMORY, DAG_THREAD_FAILED; the signal's reason
   */
  async table(seed: DagSeed, watch: DagWatch, mayMap = true): Promise<WholeTable> {
    return (await this.wholeTable(seed, watch, mayMap)).table;
  }

  /**
   * As `table`; `fresh` when it was computed now, and not read from a file, which somebody else may have made.
   * @throws what `table` throws
   */
  async wholeTable(
    seed: DagSeed,
    watch: DagWatch,
    mayMap = true,
  ): Promise<{readonly table: WholeTable; readonly fresh: boolean}> {
    checkEntries(seed.entries);
    const maps = mayMap && !this.isSmall(seed.entries) && this.options.memory !== "copied";
    const mapped = maps ? await this.#map(seed, watch) : null;
    if (mapped) return {table: mapped, fresh: false};
    const made = await this.#copy(seed, watch);
    // What was built is in a file now, which saves the memory of the copy.
    const written = maps && made.fresh ? await this.#map(seed, watch) : null;
    return written ? {table: written, fresh: false} : made;
  }

  /** The table's file where it is mapped, if there is a good one and walks over it are what is wanted. */
  async #map(seed: DagSeed, {signal, progress}: DagWatch): Promise<MappedTable | null> {
    const {backend, cache} = this.ports;
    const {memory, searches} = this.options;
    if (!backend.mapTable || !cache) return null;
    const tableBytes = seed.entries * ENTRY_BYTES;
    const suits = (table: MappedTable, readBytes: number): boolean =>
      prefersMapping(memory, {
        searches,
        largeShare: table.largeBytes() / readBytes,
        tableBytes,
        availableBytes: process.availableMemory(),
      });
    const table = await cache.map(seed, {mapTable: backend.mapTable, suits, signal});
    const {epoch, entries} = seed;
    if (table) progress({epoch, source: "file", doneEntries: entries, entries, etaSeconds: 0});
    return table;
  }

  /** The table in memory, from its file or built. */
  async #copy(seed: DagSeed, watch: DagWatch): Promise<{readonly table: SharedTable; readonly fresh: boolean}> {
    const table = allocate(seed.entries * ENTRY_BYTES);
    this.ports.backend.prepareTable(table);
    const {interval, threads} = this.options;
    if (this.isSmall(seed.entries)) {
      const marks = allocate(markCount(seed.entries, interval) * ENTRY_BYTES);
      await this.#fill({seed, table, marks}, {method: "chain", threads: 0}, watch);
      return {table, fresh: true};
    }
    if (await this.#load({seed, interval: 1}, table, watch)) return {table, fresh: false};
    for (;;) {
      const {marks, fresh} = await this.#marks(seed, table, watch);
      if (fresh || (await this.#fill({seed, table, marks}, {method: "segments", threads}, watch))) break;
      await this.ports.cache?.drop({seed, interval});
    }
    await this.ports.cache?.save({seed, interval: 1}, table);
    return {table, fresh: true};
  }

  /**
   * Checkpoints, with next to no memory besides; `fresh` when they were computed now, and not read from a file, which
   * somebody else may have made.
   * @throws RuleError DAG_SIZE; UnavailableError DAG_THREAD_FAILED; the signal's reason
   */
  async checkpoints(seed: DagSeed, watch: DagWatch): Promise<DagCheckpoints & {readonly fresh: boolean}> {
    checkEntries(seed.entries);
    const {marks, fresh} = await this.#marks(seed, null, watch);
    return {entries: seed.entries, interval: this.options.interval, marks, fresh};
  }

  /**
   * Whether each entry or checkpoint follows from the one before; false also drops the file that they are from.
   * @throws UnavailableError DAG_THREAD_FAILED; the signal's reason
   */
  async verify(seed: DagSeed, dag: Dag, watch: DagWatch): Promise<boolean> {
    const {interval, threads} = this.options;
    const table = isTable(dag) ? dag : null;
    const mapped = isMapped(dag) ? dag.place : null;
    const marks = isCheckpoints(dag) ? dag.marks : await this.#marksOf(dag);
    const right = await this.#fill(
      {seed, table, marks, checks: table !== null, mapped},
      {method: "segments", threads: Math.min(1, threads)},
      watch,
    );
    if (!right) await this.ports.cache?.drop({seed, interval: isCheckpoints(dag) ? interval : 1});
    return right;
  }

  async #marksOf(table: DagTable | DistantTable): Promise<Uint8Array> {
    const {interval} = this.options;
    const entries = entriesOf(table);
    const marks = allocate(markCount(entries, interval) * ENTRY_BYTES);
    for (let index = 0, at = 0; index < entries; index += interval, at += ENTRY_BYTES) {
      marks.set(readEntry(table, index), at);
      if (at % MARKS_BYTES === 0) await nextTurn();
    }
    return marks;
  }

  /** Checkpoints; `fresh` when they were computed now, and the table with them. */
  async #marks(seed: DagSeed, table: DagTable | null, watch: DagWatch): Promise<{marks: Uint8Array; fresh: boolean}> {
    const {interval, threads} = this.options;
    const marks = allocate(markCount(seed.entries, interval) * ENTRY_BYTES);
    const small = this.isSmall(seed.entries);
    if (!small && (await this.#load({seed, interval}, marks, watch))) return {marks, fresh: false};
    await this.#fill({seed, table, marks}, {method: "chain", threads: small ? 0 : Math.min(1, threads)}, watch);
    if (!small) await this.ports.cache?.save({seed, interval}, marks);
    return {marks, fresh: true};
  }

  async #load(file: DagFile, into: Uint8Array, {signal, progress}: DagWatch): Promise<boolean> {
    const found = (await this.ports.cache?.load(file, into)) ?? false;
    signal.throwIfAborted();
    const {epoch, entries} = file.seed;
    if (found && file.interval === 1) progress({epoch, source: "file", doneEntries: entries, entries, etaSeconds: 0});
    return found;
  }

  #fill(
    {checks = false, mapped = null, ...job}: FillWork,
    {method, threads}: {method: DagMethod; threads: number},
    {signal, progress}: DagWatch,
  ): Promise<boolean> {
    const {epoch, entries} = job.seed;
    const eta = new Eta(entries, this.ports.nowMs());
    const told: FillPlan["progress"] = (doneEntries) => {
      const etaSeconds = eta.after(doneEntries, this.ports.nowMs());
      progress({epoch, source: method === "chain" ? "chain" : "checkpoints", doneEntries, entries, etaSeconds});
    };
    const {backend} = this.ports;
    const {interval} = this.options;
    return fill(
      {...job, checks, mapped, interval, board: createBoard()},
      {method, threads, backend, signal, progress: told},
    );
  }
}

/** @throws UnavailableError TABLE_MEMORY */
function allocate(bytes: number): Uint8Array<SharedArrayBuffer> {
  try {
    return new Uint8Array(new SharedArrayBuffer(bytes));
  } catch (cause) {
    throw new UnavailableError("TABLE_MEMORY", `no ${Math.ceil(bytes / 2 ** 20)} MiB of memory for the table`, {cause});
  }
}
