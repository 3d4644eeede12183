/** Walks with the tensor mix, two at a time, in step, over a table or over checkpoints. */
import {utf8} from "../../../codecs/bytes.js";
import {type DagCheckpoints, entriesOf, isTable} from "../../ledger/mining/checkpoints.js";
import {type DagTable, ENTRY_BYTES} from "../../ledger/mining/dag.js";
import {NUMBER_OF_16, narrow} from "../../ledger/mining/fp16.js";
import {WALK_STEPS, type WalkStart} from "../../ledger/mining/walk.js";
import {BLOCK_BYTES, SHA3_SUFFIX} from "../keccak.js";
import {type Kernel, type Lane, PLACE} from "./kernel.js";
import {SIZE} from "./tensor.js";
import {indexOfLane, mixOfLane, putEntry, putStart, wordsOf} from "./walks.js";

const DOMAIN = utf8("qsdm/pow/v2/matrix\0");
const SHAKE_SUFFIX = 0x1f;
const SQUEEZES = 4;
/** Bytes of a step's message: mix, entry, product. */
const MESSAGE_BYTES = 3 * ENTRY_BYTES;
const LANES: readonly Lane[] = [0, 1];

/** What lies in memory. */
type NearDag = DagTable | DagCheckpoints;

/** The mix digests of walks. */
export function walkTensor(kernel: Kernel, dag: NearDag, starts: readonly WalkStart[]): Uint8Array[] {
  const mixes: Uint8Array[] = [];
  for (let from = 0; from < starts.length; from += 2) mixes.push(...walkFew(kernel, dag, starts.slice(from, from + 2)));
  return mixes;
}

/** One or two walks. */
function walkFew(kernel: Kernel, dag: NearDag, starts: readonly WalkStart[]): Uint8Array[] {
  const lanes = LANES.slice(0, starts.length);
  const read = isTable(dag) ? tableReader(kernel, dag) : checkpointReader(kernel, dag);
  for (const lane of lanes) {
    putStart(kernel, lane, starts[lane]!);
    putDomain(kernel, lane);
  }
  hash(kernel, lanes);
  for (const lane of lanes) kernel.bytes[PLACE.blocks[lane] + MESSAGE_BYTES] = SHA3_SUFFIX;
  const entries = entriesOf(dag);
  for (let step = 0; step < WALK_STEPS; step++) {
    for (const lane of lanes) {
      read(lane, indexOfLane(kernel, lane, entries));
      putMix(kernel, lane);
    }
    squeeze(kernel, lanes);
    for (const lane of lanes) putProduct(kernel, lane);
    hash(kernel, lanes);
  }
  return lanes.map((lane) => mixOfLane(kernel, lane));
}

type Reader = (lane: Lane, index: number) => void;

function tableReader(kernel: Kernel, table: Uint8Array): Reader {
  const words = wordsOf(table);
  return (lane, index) => putEntry(kernel, lane, words, (index * ENTRY_BYTES) / 4);
}

function checkpointReader(kernel: Kernel, {marks, interval}: DagCheckpoints): Reader {
  return (lane, index) => {
    const place = PLACE.entries[lane];
    const distance = index % interval;
    const from = ((index - distance) / interval) * ENTRY_BYTES;
    kernel.bytes.set(marks.subarray(from, from + ENTRY_BYTES), place);
    if (distance > 0) kernel.chain(place, index - distance + 1, PLACE.runs[lane], distance, 0);
    putEntry(kernel, lane, kernel.words, place / 4);
  };
}

function putDomain({bytes}: Kernel, lane: Lane): void {
  const block = PLACE.matrixBlocks[lane];
  bytes.fill(0, block, block + BLOCK_BYTES);
  bytes.set(DOMAIN, block);
  bytes[block + DOMAIN.length + ENTRY_BYTES] = SHAKE_SUFFIX;
  bytes[block + BLOCK_BYTES - 1]! |= 0x80;
}

/** Puts the lane's mix behind the domain. */
function putMix({bytes}: Kernel, lane: Lane): void {
  bytes.copyWithin(PLACE.matrixBlocks[lane] + DOMAIN.length, PLACE.blocks[lane], PLACE.blocks[lane] + ENTRY_BYTES);
}

function hash(kernel: Kernel, lanes: readonly Lane[]): void {
  const [block, block2] = PLACE.blocks;
  if (lanes.length === 2) kernel.block2(block, block2, block, block2);
  else kernel.block(block, block);
}

function squeeze(kernel: Kernel, lanes: readonly Lane[]): void {
  const {matrixBlocks, matrices} = PLACE;
  if (lanes.length === 2) kernel.squeeze2(...matrixBlocks, ...matrices, SQUEEZES);
  else kernel.squeeze(matrixBlocks[0], matrices[0], SQUEEZES);
}

/** Puts matrix times entry behind mix and entry. */
function putProduct(kernel: Kernel, lane: Lane): void {
  const {bytes, words, floats} = kernel;
  const message = PLACE.blocks[lane];
  const entry = message + ENTRY_BYTES;
  for (let i = 0; i < SIZE; i++)
    floats[PLACE.vector / 4 + i] = NUMBER_OF_16[(bytes[entry + 2 * i]! << 8) | bytes[entry + 2 * i + 1]!]!;
  kernel.product(PLACE.matrices[lane], PLACE.vector, PLACE.numbers, PLACE.sums);
  const product = entry + ENTRY_BYTES;
  for (let row = 0; row < SIZE; row++) {
    const half = narrow(words[PLACE.sums / 4 + row]! >>> 0);
    bytes[product + 2 * row] = half >> 8;
    bytes[product + 2 * row + 1] = half & 0xff;
  }
}
