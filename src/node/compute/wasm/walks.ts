/** Walks over a whole table: two at a time, in step. */
import {concat} from "../../../codecs/bytes.js";
import {type DagTable, ENTRY_BYTES, entryCount} from "../../ledger/mining/dag.js";
import {WALK_STEPS, type WalkStart} from "../../ledger/mining/walk.js";
import {SHA3_SUFFIX} from "../keccak.js";
import {type Kernel, type Lane, PLACE, putMessage} from "./kernel.js";

const ENTRY_WORDS = ENTRY_BYTES / 4;
/** Word after mix and entry in a lane's block. */
const SUFFIX_WORD = 2 * ENTRY_WORDS;

const blockWord = (lane: Lane): number => PLACE.blocks[lane] / 4;

/** Puts the start of a walk where `lane` hashes it. */
export const putStart = (kernel: Kernel, lane: Lane, {headerHash, nonce}: WalkStart): void =>
  putMessage(kernel, lane, concat(headerHash, nonce));

/** The lane's block from now on is a mix, in its first half, and an entry. */
export function startSteps({words}: Kernel, lane: Lane): void {
  words[blockWord(lane) + SUFFIX_WORD] = SHA3_SUFFIX;
}

/** Table index that the lane's mix leads to: its first word, big-endian. */
export function indexOfLane({words}: Kernel, lane: Lane, entries: number): number {
  const word = words[blockWord(lane)]!;
  const swapped = (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  return (swapped >>> 0) % entries;
}

/** Puts an entry beside the lane's mix. Eight copies of a word are quicker than one `set` of 32 bytes. */
export function putEntry({words}: Kernel, lane: Lane, from: Int32Array, at: number): void {
  const place = blockWord(lane) + ENTRY_WORDS;
  for (let i = 0; i < ENTRY_WORDS; i++) words[place + i] = from[at + i]!;
}

/** A copy of the lane's mix. */
export const mixOfLane = ({bytes}: Kernel, lane: Lane): Uint8Array =>
  bytes.slice(PLACE.blocks[lane], PLACE.blocks[lane] + ENTRY_BYTES);

/** Bytes as words, or a copy where they do not lie on a word's boundary. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const {buffer, byteOffset, length} = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(buffer, byteOffset, length / 4);
}

/** The mix digests of one or two walks. */
export function walkTable(kernel: Kernel, table: DagTable, starts: readonly WalkStart[]): Uint8Array[] {
  return starts.length === 1 ? [walkOne(kernel, table, starts[0]!)] : walkTwo(kernel, table, starts);
}

function walkOne(kernel: Kernel, table: DagTable, start: WalkStart): Uint8Array {
  const words = wordsOf(table);
  const entries = entryCount(table);
  const [block] = PLACE.blocks;
  putStart(kernel, 0, start);
  kernel.block(block, block);
  startSteps(kernel, 0);
  for (let step = 0; step < WALK_STEPS; step++) {
    putEntry(kernel, 0, words, indexOfLane(kernel, 0, entries) * ENTRY_WORDS);
    kernel.block(block, block);
  }
  return mixOfLane(kernel, 0);
}

function walkTwo(kernel: Kernel, table: DagTable, [first, second]: readonly WalkStart[]): Uint8Array[] {
  const words = wordsOf(table);
  const entries = entryCount(table);
  const [block, block2] = PLACE.blocks;
  putStart(kernel, 0, first!);
  putStart(kernel, 1, second!);
  kernel.block2(block, block2, block, block2);
  startSteps(kernel, 0);
  startSteps(kernel, 1);
  for (let step = 0; step < WALK_STEPS; step++) {
    putEntry(kernel, 0, words, indexOfLane(kernel, 0, entries) * ENTRY_WORDS);
    putEntry(kernel, 1, words, indexOfLane(kernel, 1, entries) * ENTRY_WORDS);
    kernel.block2(block, block2, block, block2);
  }
  return [mixOfLane(kernel, 0), mixOfLane(kernel, 1)];
}
