/** Numbered columns of stock in memory: off the disk, and each taken out once. */
import {ELEMENT_BYTES} from "../field/bytes.js";
import type {Vector} from "../field/vector.js";
import type {Range} from "./store.js";

/** Numbers in a row, each a column of one matrix, without a copy of it. */
export class Columns implements Range {
  readonly first: bigint;
  readonly count: number;

  /** @param from first column of the range in the matrix, which is `width` wide */
  constructor(
    {first, count}: Range,
    private readonly whole: Vector,
    private readonly from = 0,
    private readonly width = count,
  ) {
    this.first = first;
    this.count = count;
  }

  /** Columns from `from` to before `to`, counted from 0. */
  part(from: number, to: number): Columns {
    return new Columns({first: this.first + BigInt(from), count: to - from}, this.whole, this.from + from, this.width);
  }

  /** These columns alone. */
  matrix(): Vector {
    return matrixOf([this]);
  }

  get rows(): number {
    return this.whole.length / ELEMENT_BYTES / this.width;
  }

  /** The part of a row that lies in these columns. */
  row(at: number): Vector {
    const start = at * this.width + this.from;
    return this.whole.subarray(start * ELEMENT_BYTES, (start + this.count) * ELEMENT_BYTES);
  }
}

/** The matrix of columns side by side. */
function matrixOf(parts: readonly Columns[]): Vector {
  const [{rows}] = parts as [Columns, ...Columns[]];
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const out = new Uint8Array(rows * count * ELEMENT_BYTES);
  for (let row = 0, at = 0; row < rows; row++)
    for (const part of parts) {
      const piece = part.row(row);
      out.set(piece, at);
      at += piece.length;
    }
  return out;
}

const endOf = ({first, count}: Range): bigint => first + BigInt(count);

/** What was leased and not taken. */
export class Leases {
  /** By number; none overlap. */
  #columns: readonly Columns[];

  constructor(columns: readonly Columns[] = []) {
    this.#columns = [...columns].sort((a, b) => (a.first < b.first ? -1 : 1));
  }

  get columns(): readonly Columns[] {
    return this.#columns;
  }

  get ranges(): readonly Range[] {
    return this.#columns.map(({first, count}) => ({first, count}));
  }

  with(columns: readonly Columns[]): Leases {
    return new Leases([...this.#columns, ...columns]);
  }

  has(range: Range): boolean {
    return this.#parts(range) !== null;
  }

  /** The matrix of a range, which is gone then; `null`, and nothing taken, where it is not all there. */
  take(range: Range): Vector | null {
    const parts = this.#parts(range);
    if (parts === null) return null;
    const [start, end] = [range.first, endOf(range)];
    this.#columns = this.#columns.flatMap((each) => {
      if (endOf(each) <= start || each.first >= end) return [each];
      const before = each.first < start ? [each.part(0, Number(start - each.first))] : [];
      const after = endOf(each) > end ? [each.part(Number(end - each.first), each.count)] : [];
      return [...before, ...after];
    });
    return matrixOf(parts);
  }

  #parts(range: Range): Columns[] | null {
    if (range.count === 0) return null;
    const end = endOf(range);
    const parts: Columns[] = [];
    let reached = range.first;
    for (const each of this.#columns) {
      if (reached >= end || each.first > reached) break;
      if (endOf(each) <= reached) continue;
      const stop = endOf(each) < end ? endOf(each) : end;
      parts.push(each.part(Number(reached - each.first), Number(stop - each.first)));
      reached = stop;
    }
    return reached === end ? parts : null;
  }
}

/** The numbers of ranges, which may lie on each other, in order: those that meet made one. */
export function joinedRanges(ranges: readonly Range[]): Range[] {
  const joined: {first: bigint; count: number}[] = [];
  for (const {first, count} of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const last = joined.at(-1);
    if (!last || endOf(last) < first) joined.push({first, count});
    else if (first + BigInt(count) > endOf(last)) last.count = Number(first - last.first) + count;
  }
  return joined;
}
