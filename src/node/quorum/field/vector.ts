/**
 * Field elements in batches: 16 bytes each, little-endian, one after the other. What is done to all of them alike is done
 * by the machine's field batches; here is what has to look at single ones.
 */
import {allocate, concat} from "../../../codecs/bytes.js";
import {ELEMENT_BYTES, packElements} from "./bytes.js";
import {P} from "./field.js";

export type Vector = Uint8Array;

/** Batches of the field. A service may bring quicker ones than BigInt's; the values are the same. */
export interface Arithmetic {
  add(a: Vector, b: Vector): Vector;
  /** Into `out`, of that length, where it is given; it may be `a` or `b`. */
  multiply(a: Vector, b: Vector, out?: Vector): Vector;
  /**
   * The sum of rows of one length, each times its weight; into `out`, of that length, where it is given. Weights may be as
   * secret as the matrix: shares, or a MAC's key.
   */
  combine(weights: Vector, matrix: Uint8Array, out?: Vector): Vector;
}

const WORDS = 4;
const TOP_WORD = 0x7fff_ffff;
const WORD = 0xffff_ffff;
const WORD_RANGE = 2 ** 32;

export const countOf = (vector: Vector): number => vector.length / ELEMENT_BYTES;
export const zeros = (count: number): Vector => new Uint8Array(count * ELEMENT_BYTES);
/** Elements from `from` to before `to`, without a copy. */
export const slice = (vector: Vector, from: number, to: number): Vector =>
  vector.subarray(from * ELEMENT_BYTES, to * ELEMENT_BYTES);
const ONE = packElements([1n]);
const ONE_LESS_ONE = packElements([1n, P - 1n]);
/** Weights that are all 1. */
export const ones = (count: number): Vector => repeated(ONE, count);

/** `count` times one element. */
export function repeated(element: Vector, count: number): Vector {
  const out = new Uint8Array(count * ELEMENT_BYTES);
  if (count === 0) return out;
  out.set(element);
  for (let filled = ELEMENT_BYTES; filled < out.length; filled *= 2) out.copyWithin(filled, 0, filled);
  return out;
}

export const subtract = (field: Arithmetic, a: Vector, b: Vector): Vector => combineRows(field, ONE_LESS_ONE, [a, b]);

/** Elements of a row that are summed at once: all rows of them fit in a processor's cache. */
export const TOGETHER = 2_048;

/** The sum of rows that lie apart, each times its weight. */
export function combineRows({combine}: Arithmetic, weights: Vector, rows: readonly Vector[]): Vector {
  const count = countOf(rows[0]!);
  if (count <= TOGETHER) return combine(weights, concat(...rows));
  const out = allocate(count * ELEMENT_BYTES);
  const room = allocate(rows.length * TOGETHER * ELEMENT_BYTES);
  for (let at = 0; at < count; at += TOGETHER) {
    const many = Math.min(TOGETHER, count - at);
    for (const [row, each] of rows.entries()) room.set(slice(each, at, at + many), row * many * ELEMENT_BYTES);
    combine(weights, slice(room, 0, rows.length * many), slice(out, at, at + many));
  }
  return out;
}
/** The sum of all elements, each times its weight: one element. */
export const dot = ({combine}: Arithmetic, weights: Vector, vector: Vector): Vector =>
  vector.length === 0 ? zeros(1) : combine(weights, vector);

/** Whether `bytes` are as many elements, each below p. */
export function isVector(bytes: Uint8Array, count: number): boolean {
  if (bytes.length !== count * ELEMENT_BYTES) return false;
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += ELEMENT_BYTES) {
    const top = view.getUint32(at + 12, true);
    if (top < TOP_WORD) continue;
    if (top > TOP_WORD || isAllOnes(view, at)) return false;
  }
  return true;
}

/** Whether the lower three words of the element at a byte are all ones: with a top word of 31 ones it is p. */
const isAllOnes = (view: DataView, at: number): boolean =>
  (view.getUint32(at, true) & view.getUint32(at + 4, true) & view.getUint32(at + 8, true)) >>> 0 === WORD;

/** Makes elements of random bytes, in place: the top bit of each is left out, and p counts as 0. */
export function toElements(bytes: Uint8Array): void {
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += ELEMENT_BYTES) {
    const top = view.getUint32(at + 12, true) & TOP_WORD;
    view.setUint32(at + 12, top, true);
    if (top === TOP_WORD && isAllOnes(view, at)) bytes.fill(0, at, at + ELEMENT_BYTES);
  }
}

/** The element at a place of a vector as a vector of its own. */
export const elementAt = (vector: Vector, at: number): Vector =>
  vector.slice(at * ELEMENT_BYTES, (at + 1) * ELEMENT_BYTES);

export const isZero = (element: Vector): boolean => element.every((byte) => byte === 0);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Elements of a vector at the places of `from`, in their order. */
export function gathered(vector: Vector, from: Int32Array): Vector {
  const source = viewOf(vector);
  const out = zeros(from.length);
  const view = viewOf(out);
  for (let at = 0; at < from.length; at++)
    for (let word = 0; word < WORDS; word++)
      view.setUint32(at * ELEMENT_BYTES + 4 * word, source.getUint32(from[at]! * ELEMENT_BYTES + 4 * word, true), true);
  return out;
}

/** A sum of elements at two places, or the difference. */
export interface Sum {
  readonly out: number;
  readonly a: number;
  readonly b: number;
  readonly minus: boolean;
}

/**
 * Elements that are read and written one by one, in any order: sums alone, without a BigInt for each. Time depends on no
 * value.
 */
export class Table {
  readonly vector: Vector;
  readonly #view: DataView;

  constructor(count: number) {
    this.vector = zeros(count);
    this.#view = viewOf(this.vector);
  }

  /** Elements at the places of `from`, in their order. */
  gather(from: Int32Array): Vector {
    return gathered(this.vector, from);
  }

  /** Puts elements where `to` says. */
  scatter(to: Int32Array, values: Vector): void {
    const view = viewOf(values);
    for (let at = 0; at < to.length; at++)
      for (let word = 0; word < WORDS; word++)
        this.#view.setUint32(
          to[at]! * ELEMENT_BYTES + 4 * word,
          view.getUint32(at * ELEMENT_BYTES + 4 * word, true),
          true,
        );
  }

  /** Each out = a + b, or a - b, one after the other. */
  sums(all: readonly Sum[]): void {
    for (const sum of all) this.#sum(sum);
  }

  #sum({out, a, b, minus}: Sum): void {
    const view = this.#view;
    // p - b is b with all 127 bits turned.
    const turn = minus ? WORD : 0;
    const words = [0, 0, 0, 0];
    let carry = 0;
    for (let word = 0; word < WORDS; word++) {
      const other = view.getUint32(b * ELEMENT_BYTES + 4 * word, true) ^ (word === WORDS - 1 ? turn & TOP_WORD : turn);
      const total = view.getUint32(a * ELEMENT_BYTES + 4 * word, true) + (other >>> 0) + carry;
      words[word] = total >>> 0;
      carry = (total / WORD_RANGE) | 0;
    }
    this.#put(out, words);
  }

  /** The element that four words stand for: below 2^128, 2^127 is 1. */
  #put(out: number, words: number[]): void {
    let carry = words[WORDS - 1]! >>> 31;
    words[WORDS - 1]! &= TOP_WORD;
    for (let word = 0; word < WORDS; word++) {
      const total = words[word]! + carry;
      words[word] = total >>> 0;
      carry = (total / WORD_RANGE) | 0;
    }
    // Now at most p + 1 with 2^127 in the top bit; p itself is 0, and p + 1 is 1.
    const over = words[WORDS - 1]! >>> 31;
    words[WORDS - 1]! &= TOP_WORD;
    words[0] = (words[0]! + over) >>> 0;
    const all = words[0]! & words[1]! & words[2]! & (words[3]! | 0x8000_0000);
    const keep = all === -1 ? 0 : WORD;
    for (let word = 0; word < WORDS; word++)
      this.#view.setUint32(out * ELEMENT_BYTES + 4 * word, words[word]! & keep, true);
  }
}
