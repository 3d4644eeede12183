/** The compiled module and its one page of memory, shared out in fixed places. One instance serves one thread. */
import {BLOCK_BYTES, ROUND_CONSTANTS, SHA3_SUFFIX} from "../keccak.js";
import {blockFunction, chainFunction} from "./keccak.js";
import {PAIR, SCALAR} from "./lanes.js";
import {encodeModule} from "./module.js";
import {productFunction, squeezeFunction} from "./tensor.js";

/** Lanes that a kernel works on at once. */
export type Lane = 0 | 1;

/** Where things lie in the page, one for each lane; all places are multiples of eight. */
export const PLACE = {
  constants: 0,
  /** Padded blocks. */
  blocks: [256, 512],
  /** The entry that a chain goes on from. */
  entries: [1_024, 1_056],
  /** Padded blocks that a matrix is squeezed from, and where it is put. */
  matrixBlocks: [2_048, 2_304],
  matrices: [2_560, 3_136],
  /** Operands and result of a product: 256 and 16 numbers of 32 bits, and 16 sums. */
  numbers: 4_096,
  vector: 5_120,
  sums: 5_184,
  /** What a chain writes. */
  runs: [8_192, 32_768],
} as const;

/** Entries that fit one place of `runs`. */
export const RUN_ENTRIES = 512;

/** Functions of the module (`keccak.ts` and `tensor.ts` explain them); addresses are bytes into the page. */
interface Exports {
  readonly memory: {readonly buffer: ArrayBuffer};
  block(input: number, out: number): void;
  block2(input: number, input2: number, out: number, out2: number): void;
  /** `count` is at least 1. */
  chain(entry: number, index: number, out: number, count: number, stride: number): void;
  chain2(...args: Chain2): void;
  squeeze(input: number, out: number, count: number): void;
  squeeze2(...args: [input: number, input2: number, out: number, out2: number, count: number]): void;
  product(matrix: number, vector: number, numbers: number, sums: number): void;
}
type Chain2 = [
  ...[entry: number, entry2: number, index: number, index2: number, out: number, out2: number],
  ...[count: number, stride: number],
];

export interface Kernel extends Omit<Exports, "memory"> {
  readonly bytes: Uint8Array;
  /** The same page as words; little-endian, as every machine that V8 runs on. */
  readonly words: Int32Array;
  readonly floats: Float32Array;
}

/** The engine, as far as it is used; Node's types do not have it. */
interface Engine {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => {readonly exports: unknown};
}
const {WebAssembly} = globalThis as unknown as {WebAssembly: Engine};
let compiled: object | undefined;

/** A new instance; compiled once for a thread, in about 2 ms. @throws WebAssembly.CompileError without vectors */
export function createKernel(): Kernel {
  const at = PLACE.constants;
  compiled ??= new WebAssembly.Module(
    encodeModule([
      ...[SCALAR, PAIR].flatMap((lanes) => [
        ...[blockFunction(lanes, at), chainFunction(lanes, at)],
        squeezeFunction(lanes, at),
      ]),
      productFunction(),
    ]),
  );
  const {memory, ...functions} = new WebAssembly.Instance(compiled).exports as Exports;
  new BigUint64Array(memory.buffer, at, ROUND_CONSTANTS.length).set(ROUND_CONSTANTS);
  const {buffer} = memory;
  return {
    ...functions,
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    floats: new Float32Array(buffer),
  };
}

/** Puts a message of less than a block, padded, where `lane` reads it. */
export function putMessage({bytes}: Kernel, lane: Lane, message: Uint8Array): void {
  const block = PLACE.blocks[lane];
  bytes.set(message, block);
  bytes.fill(0, block + message.length, block + BLOCK_BYTES);
  // Suffix and last bit share a byte when the message fills the block.
  bytes[block + message.length]! |= SHA3_SUFFIX;
  bytes[block + BLOCK_BYTES - 1]! |= 0x80;
}
