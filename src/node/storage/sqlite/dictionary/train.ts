/**
 * Chooses what a dictionary holds, as COVER does: pieces of samples whose strings of eight bytes come in many of them, the
 * best ones last, where zstd reaches them by the shortest distances. Which length of piece is right is tried out on samples
 * that were kept back.
 * Source: Liao, Petri, Moffat, Wirth, "Effective Construction of Relative Lempel-Ziv Dictionaries" (2016).
 */
import {concat} from "../../../../codecs/bytes.js";

/** Most bytes of a dictionary; twice as many gained a tenth on headers and took twice as long to pack. */
export const DICTIONARY_BYTES = 8 * 1024;
/** Most bytes of a sample that are looked at. */
export const SAMPLE_BYTES = 4 * 1024;
const PIECE_BYTES = [64, 256, 1_024] as const;
/** Length of the strings that are counted. */
const STRING_BYTES = 8;
const TABLE_BITS = 18;

/** The better one of the dictionaries, and what the samples that were kept back took with it and without. */
export interface Trained {
  readonly dictionary: Uint8Array;
  readonly packedBytes: number;
  readonly plainBytes: number;
}

/**
 * @param pack as rows will be packed; an empty dictionary is none
 * @returns null where there are too few samples
 */
export function trainDictionary(
  samples: readonly Uint8Array[],
  pack: (row: Uint8Array, dictionary: Uint8Array) => Uint8Array,
): Trained | null {
  const short = samples.map((sample) => sample.subarray(0, SAMPLE_BYTES));
  const [learnt, kept] = [short.filter((_, i) => i % 2 === 0), short.filter((_, i) => i % 2 === 1)];
  const sizeWith = (dictionary: Uint8Array): number =>
    kept.reduce((sum, sample) => sum + pack(sample, dictionary).length, 0);
  const plainBytes = sizeWith(new Uint8Array());
  let best: Trained | null = null;
  for (const pieceBytes of PIECE_BYTES) {
    const dictionary = choose(learnt, pieceBytes);
    if (dictionary.length === 0) continue;
    const packedBytes = sizeWith(dictionary);
    if (!best || packedBytes < best.packedBytes) best = {dictionary, packedBytes, plainBytes};
  }
  return best;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly score: number;
}

function choose(samples: readonly Uint8Array[], pieceBytes: number): Uint8Array {
  const counts = countStrings(samples);
  const text = concat(...samples);
  const wanted = Math.floor(DICTIONARY_BYTES / pieceBytes);
  const stretch = Math.max(pieceBytes, Math.ceil(text.length / wanted));
  const pieces: Piece[] = [];
  // A part of the text gives one piece, so that no time of the chain has all of them.
  for (let from = 0; from + pieceBytes <= text.length && pieces.length < wanted; from += stretch) {
    const piece = bestPiece(text, {from, to: Math.min(text.length, from + stretch), pieceBytes}, counts);
    if (piece) pieces.push(piece);
  }
  pieces.sort((a, b) => a.score - b.score);
  return concat(...pieces.map(({bytes}) => bytes));
}

/** In how many samples more than one a string comes, by its hash. */
function countStrings(samples: readonly Uint8Array[]): Uint16Array {
  const counts = new Uint16Array(2 ** TABLE_BITS);
  const seenIn = new Int32Array(counts.length).fill(-1);
  const twice = new Uint8Array(counts.length);
  for (const [i, sample] of samples.entries())
    for (let at = 0; at + STRING_BYTES <= sample.length; at++) {
      const hash = hashAt(sample, at);
      if (seenIn[hash] === i) continue;
      if (seenIn[hash]! >= 0) twice[hash] = 1;
      seenIn[hash] = i;
      counts[hash]! += 1;
    }
  return counts.map((count, hash) => (twice[hash] ? count : 0));
}

/** The piece within a part of the text that covers most, whose strings then count no more. */
function bestPiece(
  text: Uint8Array,
  {from, to, pieceBytes}: {readonly from: number; readonly to: number; readonly pieceBytes: number},
  counts: Uint16Array,
): Piece | null {
  const strings = pieceBytes - STRING_BYTES + 1;
  let [score, best, bestAt] = [0, 0, from];
  for (let at = from; at + STRING_BYTES <= to; at++) {
    score += counts[hashAt(text, at)]!;
    if (at - from >= strings) score -= counts[hashAt(text, at - strings)]!;
    if (score > best) [best, bestAt] = [score, Math.max(from, at - strings + 1)];
  }
  if (best === 0) return null;
  const end = Math.min(to, bestAt + pieceBytes);
  for (let at = bestAt; at + STRING_BYTES <= end; at++) counts[hashAt(text, at)] = 0;
  return {bytes: text.slice(bestAt, end), score: best};
}

function hashAt(bytes: Uint8Array, at: number): number {
  const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
  return (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca77)) >>> (32 - TABLE_BITS);
}
