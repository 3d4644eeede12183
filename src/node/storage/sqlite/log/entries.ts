/**
 * Entries of the sorted index: the first 64 bits of a key and the chunk that holds its cell. Two keys may share those bits, so
 * an entry is where to look, never an answer.
 */
import {DecodeError} from "../../../../errors.js";

/** Most entries of one part: what a lookup reads of a run, 12 KiB. */
export const PART_ENTRIES = 1_024;
const ENTRY_WORDS = 3;
/** What the sort key has left for the place of an entry. */
const PLACE_BITS = 20;
const PLACE_MASK = (1 << PLACE_BITS) - 1;
/** Most entries that are sorted at once. */
export const SORT_MAX = 1 << PLACE_BITS;

/** Columns of entries: first and second word of the key, and the chunk, counted from the first one of the run. */
export class Entries {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly chunk: Uint32Array;

  constructor(
    readonly words: Uint32Array,
    readonly count: number = words.length / ENTRY_WORDS,
  ) {
    this.high = words.subarray(0, count);
    this.low = words.subarray(count, 2 * count);
    this.chunk = words.subarray(2 * count, 3 * count);
  }

  static allocate(count: number): Entries {
    return new Entries(new Uint32Array(ENTRY_WORDS * count), count);
  }

  /** As a row has them, in order. @throws DecodeError PART_INVALID */
  static read(row: Uint8Array): Entries {
    const aligned = row.byteOffset % 4 === 0 ? row : row.slice();
    const count = row.length / 4 / ENTRY_WORDS;
    if (!Number.isInteger(count) || count < 1 || count > PART_ENTRIES)
      throw new DecodeError("PART_INVALID", `stored index is damaged: a part of ${row.length} bytes`);
    const entries = new Entries(new Uint32Array(aligned.buffer, aligned.byteOffset, row.length / 4), count);
    for (let i = 1; i < count; i++)
      if (compare(entries, i - 1, entries, i) > 0)
        throw new DecodeError("PART_INVALID", "stored index is damaged: a part is not in order");
    return entries;
  }

  /** A copy of the entries from place `from` to `to`; its words are what a row has. */
  slice(from: number, to: number): Entries {
    const part = Entries.allocate(to - from);
    part.high.set(this.high.subarray(from, to));
    part.low.set(this.low.subarray(from, to));
    part.chunk.set(this.chunk.subarray(from, to));
    return part;
  }

  /** As a row has them. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer, this.words.byteOffset, this.words.byteLength);
  }

  /** Place of the first entry whose key is not below; `count` where there is none. */
  lowerBound(high: number, low: number): number {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const at = this.high[middle]!;
      if (at < high || (at === high && this.low[middle]! < low)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  isAt(place: number, high: number, low: number): boolean {
    return this.high[place] === high && this.low[place] === low;
  }

  /** The same entries in order. At most SORT_MAX. */
  sorted(): Entries {
    const {count, high, low, chunk} = this;
    // The engine sorts numbers of 64 bits by itself, so an entry's place rides in those that decide last.
    const keys = new BigUint64Array(count);
    const words = new Uint32Array(keys.buffer);
    for (let i = 0; i < count; i++) {
      words[2 * i + 1] = high[i]!;
      words[2 * i] = (low[i]! & ~PLACE_MASK) | i;
    }
    keys.sort();
    const out = Entries.allocate(count);
    for (let i = 0; i < count; i++) {
      const place = words[2 * i]! & PLACE_MASK;
      out.high[i] = high[place]!;
      out.low[i] = low[place]!;
      out.chunk[i] = chunk[place]!;
      // What is alike up to there is rare, and put right one by one.
      for (let at = i; at > 0 && compare(out, at - 1, out, at) > 0; at--) swap(out, at);
    }
    return out;
  }
}

/** Order by key, then by chunk. */
export const compare = (a: Entries, i: number, b: Entries, j: number): number =>
  a.high[i]! - b.high[j]! || a.low[i]! - b.low[j]! || a.chunk[i]! - b.chunk[j]!;

function swap({high, low, chunk}: Entries, at: number): void {
  for (const column of [high, low, chunk]) [column[at - 1], column[at]] = [column[at]!, column[at - 1]!];
}
