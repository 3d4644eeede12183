/**
 * Cells of a log as they lie in a row: some together, because a row by itself costs SQLite a microsecond and its key in an
 * index a page.
 *
 * Little-endian words of 32 bits, as every machine that V8 runs on: the number of cells, the end of each value, the keys
 * (32 bytes each), then the values.
 */
import {allocate} from "../../../../codecs/bytes.js";
import {DecodeError, InvariantError} from "../../../../errors.js";

export const KEY_BYTES = 32;
const KEY_WORDS = KEY_BYTES / 4;
/** Bytes of a chunk that fills a page of SQLite and needs no second one, */
const CHUNK_MAX = 4_040;
/** and of the chunks that the rest of a batch makes, of which a page takes three. */
const REST_MAX = 1_330;

/** A value under a key of 32 bytes that is as good as random. */
export interface Cell {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A key as words, which are compared by fours of bytes. */
export class Key {
  readonly words = new Uint32Array(KEY_WORDS);
  readonly #bytes = new Uint8Array(this.words.buffer);

  /** @throws InvariantError for a key of another size */
  set(bytes: Uint8Array): void {
    checkKey(bytes);
    this.#bytes.set(bytes);
  }
}

function checkKey(bytes: Uint8Array): void {
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
  readonly #words: Uint32Array;
  readonly #values: Uint8Array;

  /** @throws DecodeError CHUNK_INVALID */
  constructor(readonly bytes: Uint8Array) {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    this.#words = new Uint32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / 4));
    this.count = this.#words[0] ?? 0;
    const values = 4 + (4 + KEY_BYTES) * this.count;
    if (this.count === 0 || values > bytes.length) throw invalid(`${this.count} cells in ${bytes.length} bytes`);
    this.#values = aligned.subarray(values);
    for (let i = 0; i < this.count; i++)
      if (this.#end(i) < this.#start(i)) throw invalid(`cell ${i} ends before it begins`);
    if (this.#end(this.count - 1) !== this.#values.length) throw invalid("its values do not fill it");
  }

  value(i: number): Uint8Array {
    return this.#values.subarray(this.#start(i), this.#end(i));
  }

  /** Two words of a key: what the index knows of it. */
  keyWord(i: number, word: 0 | 1): number {
    return this.#words[this.#keyAt(i) + word]!;
  }

  find({words: key}: Key): Uint8Array | null {
    const words = this.#words;
    const first = key[0];
    for (let i = 0, at = this.#keyAt(0); i < this.count; i++, at += KEY_WORDS)
      if (words[at] === first && this.#isAt(key, at)) return this.value(i);
    return null;
  }

  #isAt(key: Uint32Array, at: number): boolean {
    for (let i = 1; i < KEY_WORDS; i++) if (this.#words[at + i] !== key[i]) return false;
    return true;
  }

  #keyAt(i: number): number {
    return 1 + this.count + KEY_WORDS * i;
  }

  #start(i: number): number {
    return i === 0 ? 0 : this.#words[i]!;
  }

  #end(i: number): number {
    return this.#words[1 + i]!;
  }
}

const invalid = (what: string): DecodeError => new DecodeError("CHUNK_INVALID", `stored cells are damaged: ${what}`);
