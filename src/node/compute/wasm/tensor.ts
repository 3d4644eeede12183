/**
 * The matrix-vector product of the tensor mix as WebAssembly: SHAKE256 makes the matrix, and IEEE arithmetic of 32 bits
 * sums each row from left to right. A product of two binary16 numbers is exact in binary32, so one rounding after each
 * addition is all there is, as in the rules. Which NaN comes out is left to the engine, and does not count: narrowing
 * makes every NaN the same.
 * Source: QSDM mining protocol, sections 8.1 to 8.5.
 */
import {KECCAK_WORDS} from "../keccak.js";
import {Locals, permutation, RATE_WORDS, suffix} from "./keccak.js";
import type {Lanes} from "./lanes.js";
import {type Code, op, type WasmFunction} from "./module.js";

/** Rows and columns. */
export const SIZE = 16;
/** Blocks of SHAKE256 that hold the matrix. */
const BLOCKS = 4;
/** Bytes that a squeeze writes, the last of them for nothing. */
export const SQUEEZED_BYTES = BLOCKS * RATE_WORDS * 8;
const MATRIX_BYTES = SIZE * SIZE * 2;
const VECTOR_BYTES = 16;

/**
 * `squeeze(in..., out..., count)`: four blocks of output of the padded block at each `in`; `count` is 4. `squeeze2` for
 * two.
 */
export function squeezeFunction(lanes: Lanes, constants: number): WasmFunction {
  const {width} = lanes;
  const at = new Locals(2 * width + 1);
  const ins = Array.from({length: width}, (_, lane) => lane);
  const outs = ins.map((lane) => width + lane);
  const count = 2 * width;
  const body: number[] = [];
  for (let i = 0; i < KECCAK_WORDS; i++)
    body.push(...(i < RATE_WORDS ? lanes.load(ins, 8 * i) : lanes.constant(0n)), ...op.localSet(at.word(0, i)));
  body.push(
    ...op.loopWhile([
      ...permutation(lanes, at, constants),
      ...Array.from({length: RATE_WORDS}, (_, i) => lanes.store(outs, 8 * i, at.word(0, i))).flat(),
      ...outs.flatMap((out) => [
        ...[...op.localGet(out), ...op.i32Const(8 * RATE_WORDS), ...op.i32Add],
        ...op.localSet(out),
      ]),
      ...[...op.localGet(count), ...op.i32Const(1), ...op.i32Sub, ...op.localTee(count)],
    ]),
  );
  return {name: `squeeze${suffix(lanes)}`, parameters: at.parameters, locals: at.declare(lanes), body};
}

/** Big-endian words of 16 bits the other way round. */
const SWAP = Array.from({length: VECTOR_BYTES}, (_, i) => i ^ 1);
const splat = (bits: number): Code => [...op.i32Const(bits), ...op.i32x4Splat];

/** Four binary16 patterns in the local `halves`, each in 32 bits, as binary32. */
function widened(halves: number): Code {
  const magnitude = [...op.localGet(halves), ...splat(0x7fff), ...op.v128And];
  return [
    // The exponent's bias differs by 112; multiplying settles subnormals too.
    ...[...magnitude, ...op.i32Const(13), ...op.i32x4Shl, ...op.f32Const(2 ** 112), ...op.f32x4Splat, ...op.f32x4Mul],
    // Infinities and NaNs have the largest exponent in both.
    ...[...magnitude, ...splat(0x7bff), ...op.i32x4GtS, ...splat(0x7f80_0000), ...op.v128And, ...op.v128Or],
    ...[...op.localGet(halves), ...splat(0x8000), ...op.v128And, ...op.i32Const(16), ...op.i32x4Shl, ...op.v128Or],
  ];
}

/**
 * `product(matrix, vector, numbers, sums)`: the binary32 sums of the rows. `matrix` has 256 big-endian binary16 words,
 * `vector` 16 binary32 numbers, and `numbers` room for 256 of those.
 */
export function productFunction(): WasmFunction {
  const [matrix, vector, numbers, sums] = [0, 1, 2, 3];
  const [words, halves] = [4, 5];
  const column = 6;
  const sum = (row: number): number => 7 + row;
  const body: number[] = [];
  for (let at = 0; at < MATRIX_BYTES; at += VECTOR_BYTES) {
    body.push(...op.localGet(matrix), ...op.v128Load(at), ...op.localGet(matrix), ...op.v128Load(at));
    body.push(...op.i8x16Shuffle(SWAP), ...op.localSet(words));
    for (const [i, extend] of [op.i32x4ExtendLowI16x8U, op.i32x4ExtendHighI16x8U].entries())
      body.push(
        ...[...op.localGet(words), ...extend, ...op.localSet(halves)],
        ...[...op.localGet(numbers), ...widened(halves), ...op.v128Store(2 * at + i * VECTOR_BYTES)],
      );
  }
  // Sixteen rows at a time, so that no addition waits for the one before.
  for (let x = 0; x < SIZE; x++) {
    body.push(...op.localGet(vector), ...op.f32Load(4 * x), ...op.localSet(column));
    for (let row = 0; row < SIZE; row++)
      body.push(
        ...[...op.localGet(sum(row)), ...op.localGet(numbers), ...op.f32Load(4 * (row * SIZE + x))],
        ...[...op.localGet(column), ...op.f32Mul, ...op.f32Add, ...op.localSet(sum(row))],
      );
  }
  for (let row = 0; row < SIZE; row++)
    body.push(...op.localGet(sums), ...op.localGet(sum(row)), ...op.f32Store(4 * row));
  return {
    name: "product",
    parameters: 4,
    locals: [
      [2, "v128"],
      [1 + SIZE, "f32"],
    ],
    body,
  };
}
