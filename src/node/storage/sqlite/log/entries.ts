/**
 * Entries of the sorted index: the first 64 bits of a key and where its cell is. Two keys may share those bits, so an entry is
 * where to look, never an answer.
 */
import {corrupt} from "../failure.js";

/** Most entries of one part: what a lookup reads of a run, 12 KiB. */
export const PART_ENTRIES = 1_024;
const ENTRY_WORDS = 3;
/** Cells that a place tells apart within a chunk. */
export const CHUNK_CELLS = 256;
/** First step away from where an entry should be. */
const NEAR = 8;
/** What the sort key has left for the number of an entry. */
const NUMBER_BITS = 20;
const NUMBER_MASK = (1 << NUMBER_BITS) - 1;
/** Most entries that are sorted at once. */
export const SORT_MAX = 1 << NUMBER_BITS;

/**
 * Columns of entries: first and second word of the key, and the place: the chunk, counted from the first one of the run, times
 * CHUNK_CELLS, and the cell in it.
 */
export class Entries {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly place: Uint32Array;

  constructor(
    readonly words: Uint32Array,
    readonly count: number = words.length / ENTRY_WORDS,
  ) {
    this.high = words.subarray(0, count);
    this.low = words.subarray(count, 2 * count);
    this.place = words.subarray(2 * count, 3 * count);
  }

  static allocate(count: number): Entries {
    return new Entries(new Uint32Array(ENTRY_WORDS * count), count);
  }

  /** As a row has them, in order. @throws UnavailableError DATABASE_CORRUPT */
  static read(row: Uint8Array): Entries {
    const aligned = row.byteOffset % 4 === 0 ? row : row.slice();
    const count = row.length / 4 / ENTRY_WORDS;
    if (!Number.isInteger(count) || count < 1 || count > PART_ENTRIES)
      throw corrupt(`a part of the index has ${row.length} bytes`);
    const entries = new Entries(new Uint32Array(aligned.buffer, aligned.byteOffset, row.length / 4), count);
    for (let i = 1; i < count; i++)
      if (compare(entries, i - 1, entries, i) > 0) throw corrupt("a part of the index is not in order");
    return entries;
  }

  /** A copy of the entries from place `from` to `to`; its words are what a row has. */
  slice(from: number, to: number): Entries {
    const part = Entries.allocate(to - from);
    part.high.set(this.high.subarray(from, to));
    part.low.set(this.low.subarray(from, to));
    part.place.set(this.place.subarray(from, to));
    return part;
  }

  /** As a row has them. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer, this.words.byteOffset, this.words.byteLength);
  }

  /** Number of the first entry whose key is not below; `count` where there is none. */
  lowerBound(high: number, low: number): number {
    const {high: words, count} = this;
    // From where it would be if keys were even: halving from the ends would touch a line of the cache for each step.
    const first = words[0]!;
    const width = words[count - 1]! - first;
    const guess =
      high <= first || width === 0 ? 0 : Math.min(count - 1, Math.floor(((high - first) / width) * (count - 1)));
    let from = guess;
    for (let step = NEAR; from > 0 && words[from]! >= high; step *= 2) from = Math.max(0, from - step);
    let to = guess;
    for (let step = NEAR; to < count && words[to]! <= high; step *= 2) to += step;
    to = Math.min(to, count);
    while (from < to) {
      const middle = (from + to) >>> 1;
      const at = words[middle]!;
      if (at < high || (at === high && this.low[middle]! < low)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  isAt(at: number, high: number, low: number): boolean {
    return this.high[at] === high && this.low[at] === low;
  }

  /** The same entries in order. At most SORT_MAX. */
  sorted(): Entries {
    const {count, high, low, place} = this;
    // The engine sorts numbers of 64 bits by itself, so an entry's number rides in those that decide last.
    const keys = new BigUint64Array(count);
    const words = new Uint32Array(keys.buffer);
    for (let i = 0; i < count; i++) {
      words[2 * i + 1] = high[i]!;
      words[2 * i] = (low[i]! & ~NUMBER_MASK) | i;
    }
    keys.sort();
    const out = Entries.allocate(count);
    for (let i = 0; i < count; i++) {
      const from = words[2 * i]! & NUMBER_MASK;
      out.high[i] = high[from]!;
      out.low[i] = low[from]!;
      out.place[i] = place[from]!;
      // What is alike up to there is rare, and put right one by one.
      for (let at = i; at > 0 && compare(out, at - 1, out, at) > 0; at--) swap(out, at);
    }
    return out;
  }
}

/** Order by key, then by place. */
export const compare = (a: Entries, i: number, b: Entries, j: number): number =>
  a.high[i]! - b.high[j]! || a.low[i]! - b.low[j]! || a.place[i]! - b.place[j]!;

function swap({high, low, place}: Entries, at: number): void {
  for (const column of [high, low, place]) [column[at - 1], column[at]] = [column[at]!, column[at - 1]!];
}
