/**
 * Writes small WebAssembly modules: one memory, one function type for each function, everything exported by name.
 * Source: WebAssembly Core Specification 2.0, binary format.
 */

/** Instructions, encoded. */
export type Code = readonly number[];
export type ValueType = "i32" | "i64" | "f32" | "v128";

const TYPE_CODES: Readonly<Record<ValueType, number>> = {i32: 0x7f, i64: 0x7e, f32: 0x7d, v128: 0x7b};
/** The type of a block without results. */
const NO_RESULT = 0x40;

/** Unsigned LEB128. */
export function u32(value: number): Code {
  const out: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  return [...out, rest];
}

/** Signed LEB128. */
export function s64(value: bigint): Code {
  const out: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest === BigInt.asIntN(7, rest)) return [...out, low];
    out.push(low | 0x80);
  }
}

/** An instruction of the vector set, which all share one prefix. */
const vector = (opcode: number, ...rest: readonly number[]): Code => [0xfd, ...u32(opcode), ...rest];
const memory = (alignment: number, offset: number): Code => [alignment, ...u32(offset)];

/** The instructions that are used, under their names in the text format. */
export const op = {
  localGet: (local: number): Code => [0x20, ...u32(local)],
  localSet: (local: number): Code => [0x21, ...u32(local)],
  localTee: (local: number): Code => [0x22, ...u32(local)],
  i32Const: (value: number): Code => [0x41, ...s64(BigInt(value))],
  i32Add: [0x6a] as Code,
  i32Sub: [0x6b] as Code,
  i32LtU: [0x49] as Code,
  i64Const: (value: bigint): Code => [0x42, ...s64(BigInt.asIntN(64, value))],
  i64ExtendI32U: [0xad] as Code,
  i64And: [0x83] as Code,
  i64Or: [0x84] as Code,
  i64Xor: [0x85] as Code,
  i64Rotl: [0x89] as Code,
  i64Load: (offset: number): Code => [0x29, ...memory(3, offset)],
  i64Store: (offset: number): Code => [0x37, ...memory(3, offset)],
  f32Const: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  f32Add: [0x92] as Code,
  f32Mul: [0x94] as Code,
  f32Load: (offset: number): Code => [0x2a, ...memory(2, offset)],
  f32Store: (offset: number): Code => [0x38, ...memory(2, offset)],
  v128Load: (offset: number): Code => vector(0, ...memory(4, offset)),
  v128Store: (offset: number): Code => vector(11, ...memory(4, offset)),
  v128Load64Splat: (offset: number): Code => vector(10, ...memory(3, offset)),
  v128Load64Lane: (offset: number, lane: number): Code => vector(87, ...memory(3, offset), lane),
  v128Store64Lane: (offset: number, lane: number): Code => vector(91, ...memory(3, offset), lane),
  v128And: vector(78),
  v128Andnot: vector(79),
  v128Or: vector(80),
  v128Xor: vector(81),
  i64x2Splat: vector(18),
  i64x2ReplaceLane: (lane: number): Code => vector(30, lane),
  i64x2Shl: vector(203),
  i64x2ShrU: vector(205),
  i8x16Shuffle: (lanes: readonly number[]): Code => vector(13, ...lanes),
  i32x4Splat: vector(17),
  i32x4GtS: vector(59),
  i32x4ExtendLowI16x8U: vector(169),
  i32x4ExtendHighI16x8U: vector(170),
  i32x4Shl: vector(171),
  f32x4Splat: vector(19),
  f32x4Mul: vector(230),
  /** `body`, run again while it leaves something else than zero. */
  loopWhile: (body: Code): Code => [0x03, NO_RESULT, ...body, 0x0d, 0, 0x0b],
} as const;

/** One exported function without results. Parameters are locals 0 and up, all i32; then `locals`, in order. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly locals: readonly (readonly [count: number, type: ValueType])[];
  readonly body: Code;
}

const list = (items: readonly Code[]): Code => [...u32(items.length), ...items.flat()];
const sized = (content: Code): Code => [...u32(content.length), ...content];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))];
const named = (name: string, kind: number, index: number): Code => [
  ...sized([...new TextEncoder().encode(name)]),
  kind,
  ...u32(index),
];

/** The module of `functions` beside a memory of one page (64 KiB) that is exported as `memory`. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const i32 = (count: number): Code => list(Array.from({length: count}, () => [TYPE_CODES.i32]));
  const codeOf = ({locals, body}: WasmFunction): Code =>
    sized([...list(locals.map(([count, type]) => [...u32(count), TYPE_CODES[type]])), ...body, 0x0b]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      functions.map(({parameters}) => [0x60, ...i32(parameters), ...u32(0)]),
    ),
    ...section(
      3,
      functions.map((_, index) => u32(index)),
    ),
    ...section(5, [[0x01, 1, 1]]),
    ...section(7, [named("memory", 2, 0), ...functions.map(({name}, index) => named(name, 0, index))]),
    ...section(10, functions.map(codeOf)),
  ]);
}
