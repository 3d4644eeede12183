/** Sixty-four-bit words of Keccak states, of one state in an i64 or of two states side by side in a v128. */
import {type Code, op, type ValueType} from "./module.js";

/** How instructions work on words. Addresses are locals that hold byte addresses, one for each state. */
export interface Lanes {
  readonly type: ValueType;
  /** States that are worked on at once. */
  readonly width: 1 | 2;
  readonly xor: Code;
  /** Rotates the word on the stack left; `spare` is a local of the word's type. */
  rotl(bits: number, spare: number): Code;
  /** `word ^ (~next & over)` of three locals. */
  chi(word: number, next: number, over: number): Code;
  /** The word at `address`, in all states. */
  broadcast(address: number, offset: number): Code;
  constant(value: bigint): Code;
  load(addresses: readonly number[], offset: number): Code;
  /** Stores the local `word`. */
  store(addresses: readonly number[], offset: number, word: number): Code;
  /** Each state's own i32 local as a word, or-ed with `high`. */
  extend(locals: readonly number[], high: bigint): Code;
}

const extendOne = (local: number, high: bigint): Code => [
  ...op.localGet(local),
  ...op.i64ExtendI32U,
  ...op.i64Const(high),
  ...op.i64Or,
];

export const SCALAR: Lanes = {
  type: "i64",
  width: 1,
  xor: op.i64Xor,
  rotl: (bits) => (bits === 0 ? [] : [...op.i64Const(BigInt(bits)), ...op.i64Rotl]),
  chi: (word, next, over) => [
    ...op.localGet(word),
    ...[...op.localGet(next), ...op.i64Const(-1n), ...op.i64Xor],
    ...[...op.localGet(over), ...op.i64And],
    ...op.i64Xor,
  ],
  broadcast: (address, offset) => [...op.localGet(address), ...op.i64Load(offset)],
  constant: op.i64Const,
  load: ([address], offset) => [...op.localGet(address!), ...op.i64Load(offset)],
  store: ([address], offset, word) => [...op.localGet(address!), ...op.localGet(word), ...op.i64Store(offset)],
  extend: ([local], high) => extendOne(local!, high),
};

export const PAIR: Lanes = {
  type: "v128",
  width: 2,
  xor: op.v128Xor,
  // No rotation in the vector set.
  rotl: (bits, spare) =>
    bits === 0
      ? []
      : [
          ...[...op.localTee(spare), ...op.i32Const(bits), ...op.i64x2Shl],
          ...[...op.localGet(spare), ...op.i32Const(64 - bits), ...op.i64x2ShrU],
          ...op.v128Or,
        ],
  chi: (word, next, over) => [
    ...op.localGet(word),
    ...[...op.localGet(over), ...op.localGet(next), ...op.v128Andnot],
    ...op.v128Xor,
  ],
  broadcast: (address, offset) => [...op.localGet(address), ...op.v128Load64Splat(offset)],
  constant: (value) => [...op.i64Const(value), ...op.i64x2Splat],
  load: ([first, second], offset) => [
    ...op.localGet(second!),
    ...[...op.localGet(first!), ...op.v128Load64Splat(offset)],
    ...op.v128Load64Lane(offset, 1),
  ],
  store: (addresses, offset, word) =>
    addresses.flatMap((address, lane) => [
      ...op.localGet(address),
      ...op.localGet(word),
      ...op.v128Store64Lane(offset, lane),
    ]),
  extend: ([first, second], high) => [
    ...[...extendOne(first!, high), ...op.i64x2Splat],
    ...extendOne(second!, high),
    ...op.i64x2ReplaceLane(1),
  ],
};
