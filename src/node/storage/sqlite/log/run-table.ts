/** Rows of a sorted index: its runs, and their parts by run and place. */
import type {Sqlite, Statement} from "../driver.js";
import {corrupt} from "../failure.js";
import type {CacheFigures} from "../meter.js";
import {Cache} from "./cache.js";
import {Entries} from "./entries.js";
import {type PartSource, RUN_STATE, Run, type RunRow} from "./run.js";

/** Most parts of a run: a part's number is its run's times this, and its place. */
const PARTS_MAX = 2 ** 24;
const FENCE_BYTES = 8;

export class RunTable implements PartSource {
  readonly #cache: Cache<Entries>;
  #nextPlace = 0;
  readonly #all: Statement;
  readonly #put: Statement;
  readonly #remove: Statement;
  readonly #part: Statement;
  readonly #fences: Statement;
  readonly #putPart: Statement;
  readonly #removeParts: Statement;

  constructor(db: Sqlite, name: string, cacheBytes: number) {
    const prepare = (sql: string): Statement => db.prepare(sql).safeIntegers(false);
    this.#cache = new Cache(cacheBytes);
    this.#all = prepare(`SELECT id, state, target, first, last, entries FROM ${name}_run ORDER BY id`);
    this.#put = prepare(
      `INSERT INTO ${name}_run (id, state, target, first, last, entries) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) ` +
        "DO UPDATE SET state = excluded.state, target = excluded.target, entries = excluded.entries",
    );
    this.#remove = prepare(`DELETE FROM ${name}_run WHERE id = ?`);
    this.#part = prepare(`SELECT value FROM ${name}_part WHERE seq = ?`).pluck();
    this.#fences = prepare(`SELECT fence FROM ${name}_part WHERE seq >= ? AND seq < ? ORDER BY seq`).pluck();
    this.#putPart = prepare(`INSERT INTO ${name}_part (seq, fence, value) VALUES (?, ?, ?)`);
    this.#removeParts = prepare(
      `DELETE FROM ${name}_part WHERE seq IN (SELECT seq FROM ${name}_part WHERE seq >= ? AND seq < ? LIMIT ?)`,
    );
  }

  get cache(): CacheFigures {
    return this.#cache.figures;
  }

  all(): Run[] {
    return (this.#all.all() as RunRow[]).map((row) => new Run(row, this));
  }

  /** @throws UnavailableError DATABASE_CORRUPT */
  part(run: Run, at: number): Entries {
    if (run.state === RUN_STATE.building) return this.#read(run, at);
    const place = this.#placeOf(run) + at;
    const known = this.#cache.get(place);
    if (known) return known;
    const entries = this.#read(run, at);
    this.#cache.set(place, entries, entries.words.byteLength);
    return entries;
  }

  fences({id}: Run): Uint32Array {
    const rows = this.#fences.all(seqOf(id, 0), seqOf(id + 1, 0)) as Uint8Array[];
    const fences = new Uint32Array((rows.length * FENCE_BYTES) / 4);
    const bytes = new Uint8Array(fences.buffer);
    for (const [i, row] of rows.entries()) bytes.set(row.subarray(0, FENCE_BYTES), FENCE_BYTES * i);
    return fences;
  }

  put({id, state, target, first, last, entries}: Run): void {
    this.#put.run(id, state, target, first, last, entries);
  }

  /** Puts the next part of a run, whose row the caller puts. */
  addPart(run: Run, part: Entries): void {
    const fence = new Uint8Array(Uint32Array.of(part.high[0]!, part.low[0]!).buffer);
    this.#putPart.run(seqOf(run.id, run.parts), fence, part.bytes);
    run.entries += part.count;
  }

  /** Deletes up to so many parts of a run, and the run behind the last one. @returns how many */
  remove(run: Run, partsMax: number): number {
    const {changes} = this.#removeParts.run(seqOf(run.id, 0), seqOf(run.id + 1, 0), partsMax);
    if (changes < partsMax) this.#remove.run(run.id);
    return changes;
  }

  forget(): void {
    this.#cache.clear();
  }

  /** Numbers for the cache that begin at 0: those of rows are so large that a map hashes them as fractions. */
  #placeOf(run: Run): number {
    if (run.cachedAt === null) {
      run.cachedAt = this.#nextPlace;
      this.#nextPlace += run.parts;
    }
    return run.cachedAt;
  }

  #read({id}: Run, at: number): Entries {
    const row = this.#part.get(seqOf(id, at)) as Uint8Array | undefined;
    if (!row) throw corrupt(`part ${at} of run ${id} of the index is missing`);
    return Entries.read(row);
  }
}

const seqOf = (run: number, at: number): number => run * PARTS_MAX + at;
