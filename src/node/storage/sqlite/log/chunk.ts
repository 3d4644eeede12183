/**
 * Cells of a log as they lie in a row: some together, because a row by itself costs SQLite a microsecond and its key in an
 * index a page.
 *
 * Little-endian words of 32 bits, as every machine that V8 runs on: the number of cells, the end of each value, the keys
 * (32 bytes each), then the values.
 */
import {allocate} from "../../../../codecs/bytes.js";
import {InvariantError} from "../../../../errors.js";
import {corrupt} from "../failure.js";
import {CHUNK_CELLS} from "./entries.js";

export const KEY_BYTES = 32;
/** Bytes of a chunk that fills a page of SQLite and needs no second one, */
const CHUNK_MAX = 4_040;
/** and of the chunks that the rest of a batch makes, of which a page takes three. */
const REST_MAX = 1_330;

/** A value under a key of 32 bytes that is as good as random. */
export interface Cell {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Word 0 or 1 of a key. */
export const keyWord = (key: Uint8Array, word: 0 | 1): number =>
  (key[4 * word]! | (key[4 * word + 1]! << 8) | (key[4 * word + 2]! << 16) | (key[4 * word + 3]! << 24)) >>> 0;

/** @throws InvariantError for a key of another size */
export function checkKey(bytes: Uint8Array): void {
  if (bytes.length !== KEY_BYTES) throw new InvariantError(`a cell's key has ${bytes.length} bytes`);
}

const sizeOf = ({value}: Cell): number => 4 + KEY_BYTES + value.length;

/** Place behind the cells from `from` on that lie in one chunk, at least one. */
function endOf(cells: readonly Cell[], from: number, bytesMax: number): number {
  let size = 4 + sizeOf(cells[from]!);
  for (let to = from + 1; to < cells.length; to++) {
    size += sizeOf(cells[to]!);
    if (size > bytesMax) return to;
  }
  return cells.length;
}

/**
 * Packs cells from place `from` on, at least one.
 * @param overheadBytes what a sealed chunk is longer by
 */
export function packChunk(cells: readonly Cell[], from: number, overheadBytes = 0): Uint8Array {
  // At most 112, which CHUNK_CELLS has room for.
  let to = endOf(cells, from, CHUNK_MAX - overheadBytes);
  if (to === cells.length) to = endOf(cells, from, REST_MAX - overheadBytes);
  const count = to - from;
  const bytes = allocate(cells.slice(from, to).reduce((size, cell) => size + sizeOf(cell), 4));
  const head = new Uint32Array(bytes.buffer, bytes.byteOffset, 1 + count);
  head[0] = count;
  const keys = 4 + 4 * count;
  const values = keys + KEY_BYTES * count;
  let end = 0;
  for (let i = 0; i < count; i++) {
    const {key, value} = cells[from + i]!;
    checkKey(key);
    bytes.set(key, keys + KEY_BYTES * i);
    bytes.set(value, values + end);
    end += value.length;
    head[1 + i] = end;
  }
  return bytes;
}

/** A chunk that was read. Its values are views of one row: whoever keeps one keeps all. */
export class Chunk {
  /** Cells in it. */
  readonly count: number;
  /** Number of cells, and the end of each value. */
  readonly #head: Uint32Array;
  readonly #values: number;

  /** @throws UnavailableError DATABASE_CORRUPT */
  constructor(readonly bytes: Uint8Array) {
    const {buffer, byteOffset, length} = byteAligned(bytes);
    this.count = length < 4 ? 0 : new Uint32Array(buffer, byteOffset, 1)[0]!;
    this.#values = 4 + (4 + KEY_BYTES) * this.count;
    if (this.count === 0 || this.count > CHUNK_CELLS || this.#values > length)
      throw corrupt(`a chunk of ${this.count} cells in ${length} bytes`);
    this.#head = new Uint32Array(buffer, byteOffset, 1 + this.count);
    let end = 0;
    for (let i = 1; i <= this.count; i++) {
      if (this.#head[i]! < end) throw corrupt(`cell ${i - 1} of a chunk ends before it begins`);
      end = this.#head[i]!;
    }
    if (this.#values + end !== length) throw corrupt("the values of a chunk do not fill it");
  }

  key(i: number): Uint8Array {
    const at = this.#keyAt(i);
    return this.bytes.subarray(at, at + KEY_BYTES);
  }

  value(i: number): Uint8Array {
    const from = i === 0 ? 0 : this.#head[i]!;
    return this.bytes.subarray(this.#values + from, this.#values + this.#head[1 + i]!);
  }

  /** Whether it has a cell `i`, and that this key. */
  isKey(i: number, key: Uint8Array): boolean {
    if (i >= this.count) return false;
    const {bytes} = this;
    for (let byte = 0, at = this.#keyAt(i); byte < KEY_BYTES; byte++, at++) if (bytes[at] !== key[byte]) return false;
    return true;
  }

  #keyAt(i: number): number {
    return 4 + 4 * this.count + KEY_BYTES * i;
  }
}

/** The bytes where words can be read, which SQLite's rows are. */
const byteAligned = (bytes: Uint8Array): Uint8Array => (bytes.byteOffset % 4 === 0 ? bytes : bytes.slice());
