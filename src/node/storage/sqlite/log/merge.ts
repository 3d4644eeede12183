/** Makes one run of several, a part at a time: whoever is killed on the way goes on behind the last part. */
import {CHUNK_CELLS, Entries, PART_ENTRIES} from "./entries.js";
import type {Run} from "./run.js";

class Cursor {
  #part = 0;
  at = 0;
  entries: Entries | null;

  constructor(readonly run: Run) {
    this.entries = run.part(0);
  }

  advance(): void {
    if (!this.entries || ++this.at < this.entries.count) return;
    this.#part += 1;
    this.at = 0;
    this.entries = this.#part < this.run.parts ? this.run.part(this.#part) : null;
  }

  /** To the first entry whose key is not below. */
  seek(high: number, low: number): void {
    this.#part = this.run.partBelow(high, low);
    this.entries = this.run.part(this.#part);
    this.at = this.entries.lowerBound(high, low) - 1;
    this.advance();
  }
}

export class Merge {
  readonly #cursors: readonly Cursor[];
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
    const place = entries.place[cursor.at]!;
    if (!this.isGone(cursor.run.first + Math.floor(place / CHUNK_CELLS))) {
      const to = this.#count++;
      this.#out.high[to] = entries.high[cursor.at]!;
      this.#out.low[to] = entries.low[cursor.at]!;
      this.#out.place[to] = place + this.#shift(cursor);
    }
    cursor.advance();
  }

  #resume(part: Entries): void {
    const end = part.count - 1;
    const [high, low, place] = [part.high[end]!, part.low[end]!, part.place[end]!];
    for (const cursor of this.#cursors) {
      cursor.seek(high, low);
      while (
        cursor.entries?.isAt(cursor.at, high, low) &&
        cursor.entries.place[cursor.at]! + this.#shift(cursor) <= place
      )
        cursor.advance();
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
    const high = x.high[a.at]! - y.high[b.at]!;
    if (high !== 0) return high < 0;
    const low = x.low[a.at]! - y.low[b.at]!;
    if (low !== 0) return low < 0;
    return x.place[a.at]! + this.#shift(a) < y.place[b.at]! + this.#shift(b);
  }

  /** What a place of a source is less than the same one of the run that is built. */
  #shift({run}: Cursor): number {
    return (run.first - this.into.first) * CHUNK_CELLS;
  }
}
