/** Makes one run of several, a part at a time: whoever is killed on the way goes on behind the last part. */
import {compare, Entries, PART_ENTRIES} from "./entries.js";
import type {Run} from "./run.js";

class Cursor {
  #part = 0;
  place = 0;
  entries: Entries | null;

  constructor(readonly run: Run) {
    this.entries = run.part(0);
  }

  advance(): void {
    if (!this.entries || ++this.place < this.entries.count) return;
    this.#part += 1;
    this.place = 0;
    this.entries = this.#part < this.run.parts ? this.run.part(this.#part) : null;
  }

  /** To the first entry whose key is not below. */
  seek(high: number, low: number): void {
    this.#part = this.run.partBelow(high, low);
    this.entries = this.run.part(this.#part);
    this.place = this.entries.lowerBound(high, low) - 1;
    this.advance();
  }
}

export class Merge {
  readonly #cursors: readonly Cursor[];
  readonly #next = Entries.allocate(1);
  readonly #last = Entries.allocate(1);
  #isBegun = false;
  #out = Entries.allocate(PART_ENTRIES);
  #count = 0;

  /**
   * @param into run that is built; what it has is not made again
   * @param isGone whether a chunk was dropped, with all that led to it
   */
  constructor(
    private readonly into: Run,
    sources: readonly Run[],
    private readonly isGone: (chunk: number) => boolean,
  ) {
    this.#cursors = sources.map((run) => new Cursor(run));
    if (into.entries > 0) this.#resume(into.part(into.parts - 1));
  }

  /** Whether everything was read. */
  get isDone(): boolean {
    return this.#cursors.every(({entries}) => entries === null);
  }

  /** Reads as many entries as a part has at most. @returns the next part when there is one, full unless it is the last */
  step(): Entries | null {
    for (let reads = 0; reads < PART_ENTRIES && this.#count < PART_ENTRIES; reads++) {
      const cursor = this.#lowest();
      if (!cursor) break;
      this.#take(cursor);
    }
    if (this.#count === PART_ENTRIES || (this.#count > 0 && this.isDone)) {
      const part = this.#out.slice(0, this.#count);
      this.#out = Entries.allocate(PART_ENTRIES);
      this.#count = 0;
      return part;
    }
    return null;
  }

  #take(cursor: Cursor): void {
    const entries = cursor.entries!;
    const chunk = cursor.run.first + entries.chunk[cursor.place]!;
    this.#read(entries, cursor.place, chunk - this.into.first);
    cursor.advance();
    // Two keys of a chunk that begin alike have one entry.
    if (this.isGone(chunk) || (this.#isBegun && compare(this.#last, 0, this.#next, 0) === 0)) return;
    copy(this.#next, 0, this.#out, this.#count++);
    copy(this.#next, 0, this.#last, 0);
    this.#isBegun = true;
  }

  #resume(part: Entries): void {
    copy(part, part.count - 1, this.#last, 0);
    this.#isBegun = true;
    for (const cursor of this.#cursors) {
      cursor.seek(this.#last.high[0]!, this.#last.low[0]!);
      for (; cursor.entries; cursor.advance()) {
        this.#read(
          cursor.entries,
          cursor.place,
          cursor.run.first + cursor.entries.chunk[cursor.place]! - this.into.first,
        );
        if (compare(this.#next, 0, this.#last, 0) > 0) break;
      }
    }
  }

  #lowest(): Cursor | null {
    let lowest: Cursor | null = null;
    for (const cursor of this.#cursors) {
      if (!cursor.entries) continue;
      if (!lowest || this.#isBefore(cursor, lowest)) lowest = cursor;
    }
    return lowest;
  }

  #isBefore(a: Cursor, b: Cursor): boolean {
    const [x, y] = [a.entries!, b.entries!];
    const high = x.high[a.place]! - y.high[b.place]!;
    if (high !== 0) return high < 0;
    const low = x.low[a.place]! - y.low[b.place]!;
    if (low !== 0) return low < 0;
    return a.run.first + x.chunk[a.place]! < b.run.first + y.chunk[b.place]!;
  }

  #read(entries: Entries, place: number, chunk: number): void {
    this.#next.high[0] = entries.high[place]!;
    this.#next.low[0] = entries.low[place]!;
    this.#next.chunk[0] = chunk;
  }
}

function copy(from: Entries, place: number, to: Entries, at: number): void {
  to.high[at] = from.high[place]!;
  to.low[at] = from.low[place]!;
  to.chunk[at] = from.chunk[place]!;
}
