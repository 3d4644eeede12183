/**
 * Cells under random keys, appended by the batch and found by a sorted index (docs/decisions/0090-append-log.md).
 *
 * A key comes once: whoever appends one twice may get either cell.
 */
import {QsdmError} from "../../../../errors.js";
import {type Cells, CLEAR} from "../../seal/cells.js";
import type {Sqlite, Statement} from "../driver.js";
import {corrupt} from "../failure.js";
import type {StoreFigures} from "../meter.js";
import {Cache} from "./cache.js";
import {type Cell, Chunk, checkKey, keyWord, packChunk} from "./chunk.js";
import {CHUNK_CELLS, Entries, SORT_MAX} from "./entries.js";
import {SortedIndex} from "./sorted-index.js";

/** Most findings of one log that are told. */
const FINDINGS_MAX = 100;

/** Cells that are looked for in one go, some megabytes. */
const SOUGHT_AT_ONCE = 65_536;

/** The one log that there is. */
const COLUMN = "receipt.value";

export type ChunkSealing = Pick<Cells, "overheadBytes" | "seal" | "open">;

interface ChunkRow {
  readonly seq: number;
  readonly height: number;
  readonly value: Uint8Array;
}

/** A cell, and the words of its key by which the index is asked. */
interface Sought {
  readonly seq: number;
  readonly cell: number;
  readonly high: number;
  readonly low: number;
}

export class AppendLog {
  readonly #index: SortedIndex;
  readonly #cache: Cache<Chunk>;
  readonly #chunk: Statement;
  readonly #add: Statement;
  readonly #between: Statement;
  readonly #remove: Statement;
  readonly #ends: Statement;
  readonly #all: Statement;
  #next = 1;
  /** Chunks between these two were dropped: the newest of batch 0, which stays, and the first of those that are there. */
  #keptTo = 0;
  #floor = 1;
  #isStale = true;

  /**
   * @param name of its tables, which `logSchema` makes
   * @param cacheBytes of what was read that is kept in memory, a quarter of it of the index
   * @param sealing how chunks lie in their rows; what the index knows of keys is in clear
   */
  constructor(
    db: Sqlite,
    private readonly name: string,
    cacheBytes: number,
    private readonly sealing: ChunkSealing = CLEAR,
  ) {
    const prepare = (sql: string): Statement => db.prepare(sql).safeIntegers(false);
    this.#index = new SortedIndex(db, name, cacheBytes / 4, (seq) => this.#isGone(seq));
    this.#cache = new Cache((cacheBytes * 3) / 4);
    this.#chunk = prepare(`SELECT height, value FROM ${name} WHERE seq = ?`);
    this.#add = prepare(`INSERT INTO ${name} (seq, height, cells, value) VALUES (?, ?, ?, ?)`);
    this.#between = prepare(
      `SELECT seq, height, value FROM ${name} WHERE height BETWEEN ? AND ? ORDER BY height DESC, seq DESC`,
    );
    this.#remove = prepare(`DELETE FROM ${name} WHERE height BETWEEN ? AND ?`);
    this.#ends = prepare(
      `SELECT (SELECT max(seq) FROM ${name}) AS newest, (SELECT max(seq) FROM ${name} WHERE height = 0) AS kept, ` +
        // By the index over heights SQLite would read all of it, and sort.
        `(SELECT seq FROM ${name} NOT INDEXED WHERE height > 0 ORDER BY seq LIMIT 1) AS floor`,
    );
    this.#all = prepare(`SELECT seq, height, value FROM ${name} ORDER BY seq`);
  }

  /** Adds a batch: the next one, or the one below the oldest, which was dropped before. Within a transaction; `forget` when that fails. */
  append(height: bigint, cells: readonly Cell[]): void {
    this.#load();
    for (let from = 0; from < cells.length; from += SORT_MAX)
      this.#appendRun(height, from === 0 && cells.length <= SORT_MAX ? cells : cells.slice(from, from + SORT_MAX));
  }

  /** The value under a key, not to be written to. @throws UnavailableError DATABASE_CORRUPT, ROW_ALTERED */
  get(key: Uint8Array): Uint8Array | null {
    this.#load();
    checkKey(key);
    return this.#index.search(keyWord(key, 0), keyWord(key, 1), (seq, cell) => {
      const chunk = this.#read(seq);
      return chunk?.isKey(cell, key) ? chunk.value(cell) : null;
    });
  }

  /** The values under keys, asked for in the index's own order: each of its parts is read once for all of them. @throws as `get` */
  getAll(keys: readonly Uint8Array[]): readonly (Uint8Array | null)[] {
    const values: (Uint8Array | null)[] = new Array(keys.length).fill(null);
    const order = keys.map((key, at) => ({at, high: keyWord(key, 0)})).sort((a, b) => a.high - b.high);
    for (const {at} of order) values[at] = this.get(keys[at]!);
    return values;
  }

  /** Values of batches, both heights included, the newest first. @throws UnavailableError DATABASE_CORRUPT, ROW_ALTERED */
  between({from, to, limit}: {readonly from: bigint; readonly to: bigint; readonly limit: number}): Uint8Array[] {
    const values: Uint8Array[] = [];
    for (const row of this.#between.iterate(from, to)) {
      const chunk = this.#opened(row as ChunkRow);
      for (let i = chunk.count - 1; i >= 0 && values.length < limit; i--) values.push(chunk.value(i));
      if (values.length === limit) break;
    }
    return values;
  }

  /**
   * Drops batches, both heights included: the oldest ones behind batch 0, which stays. Within a transaction; `forget` when
   * that fails.
   */
  drop(from: bigint, to: bigint): void {
    this.#load();
    if (this.#remove.run(from, to).changes === 0) return;
    // Numbers of what came back lie above those that are kept: nothing but the cache would still know them.
    this.#cache.clear();
    this.#findEnds();
    this.#index.retire();
  }

  get caches(): StoreFigures["caches"] {
    return {receipts: this.#cache.figures, receipt_index: this.#index.cache};
  }

  /** What is in memory may not be what the file has: it is read anew when it is next needed. */
  forget(): void {
    this.#isStale = true;
  }

  /** Reads everything. @returns what is wrong: damaged cells, and cells that their key does not find */
  verify(): readonly string[] {
    this.#load();
    const findings = new Map<number, string>();
    let sought: Sought[] = [];
    for (const row of this.#all.iterate()) {
      const {seq} = row as ChunkRow;
      this.#try(seq, findings, () => {
        const chunk = this.#opened(row as ChunkRow);
        for (let cell = 0; cell < chunk.count; cell++) {
          const key = chunk.key(cell);
          sought.push({seq, cell, high: keyWord(key, 0), low: keyWord(key, 1)});
        }
      });
      if (sought.length >= SOUGHT_AT_ONCE) {
        this.#seek(sought, findings);
        sought = [];
      }
      if (findings.size >= FINDINGS_MAX) break;
    }
    this.#seek(sought, findings);
    return [...findings]
      .sort(([a], [b]) => a - b)
      .slice(0, FINDINGS_MAX)
      .map(([seq, why]) => `${this.name} ${seq}: ${why}`);
  }

  /** Whether the index finds cells, in its own order: each of its parts is read once for all of them. */
  #seek(sought: Sought[], findings: Map<number, string>): void {
    sought.sort((a, b) => a.high - b.high || a.low - b.low);
    for (const {seq, cell, high, low} of sought)
      this.#try(seq, findings, () => {
        const isFound = this.#index.search(high, low, (at, place) => (at === seq && place === cell) || null);
        if (!isFound) throw corrupt(`the index does not find cell ${cell}`);
      });
  }

  #try(seq: number, findings: Map<number, string>, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      if (!findings.has(seq)) findings.set(seq, error.message);
    }
  }

  #appendRun(height: bigint, cells: readonly Cell[]): void {
    const first = this.#next;
    const entries = Entries.allocate(cells.length);
    for (let at = 0; at < cells.length; this.#next++) {
      const bytes = packChunk(cells, at, this.sealing.overheadBytes);
      const chunk = new Chunk(bytes);
      const row = this.sealing.seal(COLUMN, [BigInt(this.#next), height], bytes);
      this.#add.run(this.#next, height, chunk.count, row);
      this.#cache.set(this.#next, chunk, bytes.length);
      for (let i = 0; i < chunk.count; i++, at++) {
        const {key} = cells[at]!;
        entries.high[at] = keyWord(key, 0);
        entries.low[at] = keyWord(key, 1);
        entries.place[at] = (this.#next - first) * CHUNK_CELLS + i;
      }
    }
    if (height === 0n) [this.#keptTo, this.#floor] = [this.#next - 1, this.#next];
    this.#index.add(entries.sorted(), first, this.#next - 1);
  }

  #read(seq: number): Chunk | null {
    // An entry outlives its chunk until its run is merged.
    if (this.#isGone(seq)) return null;
    const known = this.#cache.get(seq);
    if (known) return known;
    const row = this.#chunk.get(seq) as Omit<ChunkRow, "seq"> | undefined;
    if (!row) return null;
    const chunk = this.#opened({seq, ...row});
    this.#cache.set(seq, chunk, row.value.length);
    return chunk;
  }

  #opened({seq, height, value}: ChunkRow): Chunk {
    return new Chunk(this.sealing.open(COLUMN, [BigInt(seq), BigInt(height)], value));
  }

  #isGone(seq: number): boolean {
    return seq > this.#keptTo && seq < this.#floor;
  }

  #load(): void {
    if (!this.#isStale) return;
    this.#cache.clear();
    const newest = this.#index.load();
    const {newest: last} = this.#ends.get() as {newest: number | null};
    // No number comes twice while a run knows it.
    this.#next = Math.max(newest, last ?? 0) + 1;
    this.#findEnds();
    this.#isStale = false;
  }

  #findEnds(): void {
    const {kept, floor} = this.#ends.get() as {kept: number | null; floor: number | null};
    this.#keptTo = kept ?? 0;
    this.#floor = floor ?? this.#next;
  }
}
