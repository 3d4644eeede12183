/**
 * The matrix-vector product inside version 2 of the mix.
 * Source: QSDM mining protocol, sections 8.1 to 8.3.
 */
import {concat, utf8} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {canonical16, NUMBER_OF_16, narrow, patternOf32} from "./fp16.js";

const MATRIX_DOMAIN = utf8("qsdm/pow/v2/matrix\0");
const SIZE = 16;

/** 512 bytes: 16 rows of 16 big-endian canonical binary16 words. */
export const matrixOf = (mix: Uint8Array): Uint8Array =>
  canonicalWords(shake256(concat(MATRIX_DOMAIN, mix), SIZE * SIZE * 2));

/** 32 bytes: the entry's 16 words, canonical. */
export const vectorOf = (entry: Uint8Array): Uint8Array => canonicalWords(entry.slice());

function canonicalWords(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i += 2) setWord(bytes, i, canonical16(wordAt(bytes, i)));
  return bytes;
}
const wordAt = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const setWord = (bytes: Uint8Array, at: number, word: number): void => {
  bytes[at] = word >> 8;
  bytes[at + 1] = word & 0xff;
};

/** One row times the vector, left to right from +0, rounded to binary32 at each addition: a binary16 word. */
export function rowDot(row: Uint8Array, vector: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < SIZE * 2; i += 2) {
    // The product of two binary16 numbers is exact in a double, so one rounding after the addition is all there is.
    sum = Math.fround(sum + NUMBER_OF_16[wordAt(row, i)]! * NUMBER_OF_16[wordAt(vector, i)]!);
  }
  return narrow(patternOf32(sum));
}

/** The step's 32 bytes: matrix(mix) times vector(entry). */
export function tensorStep(mix: Uint8Array, entry: Uint8Array): Uint8Array {
  const matrix = matrixOf(mix);
  const vector = vectorOf(entry);
  const out = new Uint8Array(SIZE * 2);
  for (let row = 0; row < SIZE; row++)
    setWord(out, row * 2, rowDot(matrix.subarray(row * SIZE * 2, (row + 1) * SIZE * 2), vector));
  return out;
}
