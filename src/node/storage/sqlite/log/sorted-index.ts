/**
 * Finds the cell of a key. Each batch leaves one sorted run; four runs of about one size are merged into one, so that there
 * are few. A merge does a bounded part of its work in each transaction, and the runs that it reads serve until it is done.
 */
import type {Sqlite} from "../driver.js";
import type {CacheFigures} from "../meter.js";
import {CHUNK_CELLS, type Entries, PART_ENTRIES} from "./entries.js";
import {Merge} from "./merge.js";
import {type Look, RUN_STATE, Run} from "./run.js";
import {RunTable} from "./run-table.js";

/** Runs of one level that are merged. */
const FAN_IN = 4;
/**
 * Entries that a merge makes for each one that is added, and at the least: four are as many as it needs to end before the
 * next runs of its level are there.
 */
const PACE = 4;
const PACE_LEAST = 4 * PART_ENTRIES;
/** Parts of runs that are no longer needed, deleted for each part added, and at the least. */
const REMOVALS = 64;
/** Chunks that a run can count. */
const SPAN_MAX = 2 ** 32 / CHUNK_CELLS;

export class SortedIndex {
  readonly #table: RunTable;
  readonly #merges = new Map<Run, Merge>();
  /** Live ones first to be asked, newest chunk first. */
  #live: Run[] = [];
  #building: Run[] = [];
  #dead: Run[] = [];
  #nextRun = 1;

  /** @param isGone whether a chunk was dropped */
  constructor(
    db: Sqlite,
    name: string,
    cacheBytes: number,
    private readonly isGone: (chunk: number) => boolean,
  ) {
    this.#table = new RunTable(db, name, cacheBytes);
  }

  /** Takes up what the file says. @returns the newest chunk that a run names, 0 where there is none */
  load(): number {
    this.#table.forget();
    this.#merges.clear();
    const runs = this.#table.all();
    const of = (state: number): Run[] => runs.filter((run) => run.state === state);
    this.#live = of(RUN_STATE.live).sort((a, b) => b.last - a.last);
    this.#building = of(RUN_STATE.building);
    this.#dead = of(RUN_STATE.dead);
    this.#nextRun = (runs.at(-1)?.id ?? 0) + 1;
    return runs.reduce((newest, {last}) => Math.max(newest, last), 0);
  }

  get cache(): CacheFigures {
    return this.#table.cache;
  }

  /** Asks `look` about each cell that may have a key, newest run first, until it finds it. */
  search<T>(high: number, low: number, look: Look<T>): T | null {
    for (const run of this.#live) {
      const found = run.search(high, low, look);
      if (found !== null) return found;
    }
    return null;
  }

  /** Adds the run of a batch, and does its part of the merging. Within a transaction. */
  add(entries: Entries, first: number, last: number): void {
    const run = this.#create({state: RUN_STATE.live, first, last});
    for (let from = 0; from < entries.count; from += PART_ENTRIES)
      this.#table.addPart(run, entries.slice(from, Math.min(entries.count, from + PART_ENTRIES)));
    this.#table.put(run);
    this.#live.unshift(run);
    this.#beginMerges();
    for (const merging of [...this.#building]) this.#build(merging, PACE_LEAST + PACE * entries.count);
    this.#sweep(REMOVALS * (1 + Math.ceil(entries.count / PART_ENTRIES)));
  }

  /** Runs of chunks that are all gone are looked into no more. Within a transaction. */
  retire(): void {
    for (const run of [...this.#live])
      if (run.target === 0 && this.isGone(run.first) && this.isGone(run.last)) this.#kill(run);
    this.#sweep(REMOVALS);
  }

  #create(row: Pick<Run, "state" | "first" | "last">): Run {
    return new Run({...row, id: this.#nextRun++, target: 0, entries: 0}, this.#table);
  }

  #beginMerges(): void {
    const levels = new Map<number, Run[]>();
    // Oldest first.
    for (const run of this.#live.toReversed()) {
      if (run.target !== 0) continue;
      const level = levelOf(run);
      const group = levels.get(level) ?? [];
      levels.set(level, group);
      if (group.length === FAN_IN) continue;
      // What no run can span is merged without its oldest ones.
      while (group.length > 0 && run.last - firstOf([...group, run]) >= SPAN_MAX) group.shift();
      group.push(run);
    }
    for (const sources of levels.values()) if (sources.length === FAN_IN) this.#beginMerge(sources);
  }

  #beginMerge(sources: readonly Run[]): void {
    const first = firstOf(sources);
    const last = Math.max(...sources.map((run) => run.last));
    const target = this.#create({state: RUN_STATE.building, first, last});
    this.#table.put(target);
    for (const run of sources) {
      run.target = target.id;
      this.#table.put(run);
    }
    this.#building.push(target);
  }

  #build(target: Run, entriesMax: number): void {
    const sources = this.#live.filter((run) => run.target === target.id);
    const merge = this.#merges.get(target) ?? new Merge(target, sources, this.isGone);
    this.#merges.set(target, merge);
    for (let read = 0; read < entriesMax && !merge.isDone; read += PART_ENTRIES) {
      const part = merge.step();
      if (part) this.#table.addPart(target, part);
    }
    if (merge.isDone) this.#finish(target, sources);
    else this.#table.put(target);
  }

  #finish(target: Run, sources: readonly Run[]): void {
    this.#merges.delete(target);
    this.#building = this.#building.filter((run) => run !== target);
    for (const run of sources) this.#kill(run);
    target.state = target.entries > 0 ? RUN_STATE.live : RUN_STATE.dead;
    this.#table.put(target);
    if (target.entries === 0) this.#dead.push(target);
    else this.#live = [...this.#live, target].sort((a, b) => b.last - a.last);
  }

  #kill(run: Run): void {
    run.state = RUN_STATE.dead;
    this.#table.put(run);
    this.#live = this.#live.filter((each) => each !== run);
    this.#dead.push(run);
  }

  /** Deletes runs that are dead, so many parts of them. */
  #sweep(partsMax: number): void {
    for (let left = partsMax, run = this.#dead[0]; run && left > 0; run = this.#dead[0]) {
      const removed = this.#table.remove(run, left);
      if (removed === left) return;
      left -= removed;
      this.#dead.shift();
    }
  }
}

/** Of runs in order of their last chunks, any may begin first: what was merged spans runs of other levels. */
const firstOf = (runs: readonly Run[]): number => Math.min(...runs.map(({first}) => first));

/** Runs of one level differ in size by less than four times, so that an entry is merged once for each level. */
const levelOf = ({entries}: Run): number =>
  Math.max(0, Math.ceil(Math.log2(entries / PART_ENTRIES) / Math.log2(FAN_IN)));
