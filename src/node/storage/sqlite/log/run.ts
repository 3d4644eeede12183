/** One sorted run of the index: parts in order, and a fence before each, so that a lookup reads one of them. */
import {CHUNK_CELLS, type Entries, PART_ENTRIES} from "./entries.js";

/** What a run is: looked into, not whole yet, or to be deleted. */
export const RUN_STATE = {live: 0, building: 1, dead: 2} as const;

/** A run as its row says. */
export interface RunRow {
  readonly id: number;
  readonly state: number;
  /** Run that this one is merged into; 0 while it is not. */
  readonly target: number;
  /** Chunks that its entries lie between. */
  readonly first: number;
  readonly last: number;
  readonly entries: number;
}

/** How a run reads its parts. */
export interface PartSource {
  part(run: Run, at: number): Entries;
  /** Words of the first key of each part. */
  fences(run: Run): Uint32Array;
}

/** What is at a place, or null for something else. */
export type Look<T> = (chunk: number, cell: number) => T | null;

export class Run implements RunRow {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  state: number;
  target: number;
  entries: number;
  /** Number of its first part in the cache of parts, which whoever reads them gives. */
  cachedAt: number | null = null;
  #fences: Uint32Array | null = null;

  constructor(
    row: RunRow,
    private readonly source: PartSource,
  ) {
    this.id = row.id;
    this.first = row.first;
    this.last = row.last;
    this.state = row.state;
    this.target = row.target;
    this.entries = row.entries;
  }

  /** All are full but the last one. */
  get parts(): number {
    return Math.ceil(this.entries / PART_ENTRIES);
  }

  part(at: number): Entries {
    return this.source.part(this, at);
  }

  /** Asks `look` about the cells that may have a key, by chunk and number in it, until it finds it. */
  search<T>(high: number, low: number, look: Look<T>): T | null {
    let at = this.partBelow(high, low);
    let entries = this.part(at);
    for (let i = entries.lowerBound(high, low); ; i++) {
      if (i === entries.count) {
        if (++at === this.parts) return null;
        entries = this.part(at);
        i = 0;
      }
      if (!entries.isAt(i, high, low)) return null;
      const place = entries.place[i]!;
      const found = look(this.first + Math.floor(place / CHUNK_CELLS), place % CHUNK_CELLS);
      if (found !== null) return found;
    }
  }

  /** The last part that begins below a key, where its first entry is or the ones before it. */
  partBelow(high: number, low: number): number {
    if (this.parts === 1) return 0;
    this.#fences ??= this.source.fences(this);
    const fences = this.#fences;
    let from = 0;
    let to = fences.length / 2;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const fence = fences[2 * middle]!;
      if (fence < high || (fence === high && fences[2 * middle + 1]! < low)) from = middle + 1;
      else to = middle;
    }
    return Math.max(0, from - 1);
  }
}
