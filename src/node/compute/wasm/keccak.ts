/**
 * SHA3-256 of one-block messages as WebAssembly, for one state or two side by side.
 *
 * Two rounds make the body of a loop that runs twelve times: all 24 unrolled overflow the instruction cache and take
 * 1.6 times as long. Two rather than one, so that the words need not be moved back between two sets of locals.
 * Source: FIPS 202, section 3.2 (theta, rho, pi, chi, iota) and 6.1 (the suffix of SHA3).
 */
import {ENTRY_BYTES} from "../../ledger/mining/dag.js";
import {KECCAK_ROUNDS as ROUNDS, rotation, SHA3_SUFFIX, source, KECCAK_WORDS as WORDS} from "../keccak.js";
import type {Lanes} from "./lanes.js";
import {type Code, op, type WasmFunction} from "./module.js";

const UNROLLED = 2;
/** Words of a block of SHA3-256. */
export const RATE_WORDS = 17;
const DIGEST_WORDS = 4;

/** Last bit of a block. */
const LAST_BIT = 1n << 63n;

const FIVE = [0, 1, 2, 3, 4] as const;

/** Numbers of a function's locals: parameters first, then i32 ones, then words. */
export class Locals {
  /** Address of the round constant that is next. */
  readonly constant: number;
  readonly #words: number;

  constructor(readonly parameters: number) {
    this.constant = parameters;
    this.#words = parameters + 1;
  }
  /** Word `i` of the state, in one of two sets that rounds read and write in turn. */
  word = (set: number, i: number): number => this.#words + (set % 2) * WORDS + i;
  column = (x: number): number => this.#words + 2 * WORDS + x;
  effect = (x: number): number => this.column(5 + x);
  moved = (x: number): number => this.column(10 + x);
  get spare(): number {
    return this.column(15);
  }

  declare({type}: Lanes): WasmFunction["locals"] {
    return [
      [1, "i32"],
      [2 * WORDS + 16, type],
    ];
  }
}

function round(lanes: Lanes, at: Locals, number: number): Code {
  const {xor} = lanes;
  const get = op.localGet;
  const word = (i: number): number => at.word(number, i);
  const parity = FIVE.flatMap((x) => [
    ...get(word(x)),
    ...[5, 10, 15, 20].flatMap((row) => [...get(word(x + row)), ...xor]),
    ...op.localSet(at.column(x)),
  ]);
  const theta = FIVE.flatMap((x) => [
    ...get(at.column((x + 4) % 5)),
    ...[...get(at.column((x + 1) % 5)), ...lanes.rotl(1, at.spare)],
    ...[...xor, ...op.localSet(at.effect(x))],
  ]);
  // Row by row, so that few words are alive at once.
  const rows = FIVE.flatMap((y) => [
    ...FIVE.flatMap((x) => {
      const from = source[x + 5 * y]!;
      const applied = [...get(word(from)), ...get(at.effect(from % 5)), ...xor];
      return [...applied, ...lanes.rotl(rotation[from]!, at.spare), ...op.localSet(at.moved(x))];
    }),
    ...FIVE.flatMap((x) => [
      ...lanes.chi(at.moved(x), at.moved((x + 1) % 5), at.moved((x + 2) % 5)),
      ...(x + y === 0 ? [...lanes.broadcast(at.constant, 8 * number), ...xor] : []),
      ...op.localSet(at.word(number + 1, x + 5 * y)),
    ]),
  ]);
  return [...parity, ...theta, ...rows];
}

/** Keccak-f[1600] over the words of set 0; `constants` is where the round constants lie. */
export function permutation(lanes: Lanes, at: Locals, constants: number): Code {
  const end = constants + 8 * ROUNDS;
  return [
    ...[...op.i32Const(constants), ...op.localSet(at.constant)],
    ...op.loopWhile([
      ...Array.from({length: UNROLLED}, (_, number) => round(lanes, at, number)).flat(),
      ...[...op.localGet(at.constant), ...op.i32Const(8 * UNROLLED), ...op.i32Add, ...op.localTee(at.constant)],
      ...[...op.i32Const(end), ...op.i32LtU],
    ]),
  ];
}

export const suffix = (lanes: Lanes): string => (lanes.width === 1 ? "" : "2");

/**
 * `block(in..., out...)`: the digest of the padded block at each `in`, written to its `out`, which may be the same
 * place. `block2` for two.
 */
export function blockFunction(lanes: Lanes, constants: number): WasmFunction {
  const {width} = lanes;
  const at = new Locals(2 * width);
  const ins = Array.from({length: width}, (_, lane) => lane);
  const outs = ins.map((lane) => width + lane);
  const body: number[] = [];
  for (let i = 0; i < WORDS; i++)
    body.push(...(i < RATE_WORDS ? lanes.load(ins, 8 * i) : lanes.constant(0n)), ...op.localSet(at.word(0, i)));
  body.push(...permutation(lanes, at, constants));
  for (let i = 0; i < DIGEST_WORDS; i++) body.push(...lanes.store(outs, 8 * i, at.word(0, i)));
  return {name: `block${suffix(lanes)}`, parameters: at.parameters, locals: at.declare(lanes), body};
}

/**
 * `chain(entry..., index..., out..., count, stride)`: `count` entries of a table from `index` on, each the digest of the
 * one before and its own index, written to `out` and `stride` bytes further each time. `entry` is where the first one's
 * predecessor lies and where the last one is left, so that the next call goes on. `chain2` for two tables' parts.
 */
export function chainFunction(lanes: Lanes, constants: number): WasmFunction {
  const {width} = lanes;
  const at = new Locals(3 * width + 2);
  const group = (number: number): number[] => Array.from({length: width}, (_, lane) => number * width + lane);
  const [entries, indexes, outs] = [group(0), group(1), group(2)];
  const [count, stride] = [3 * width, 3 * width + 1];
  const words = Array.from({length: ENTRY_BYTES / 8}, (_, i) => i);
  const add = (local: number, value: Code): Code => [
    ...[...op.localGet(local), ...value, ...op.i32Add],
    ...op.localSet(local),
  ];
  const padding: number[] = [...lanes.extend(indexes, BigInt(SHA3_SUFFIX) << 32n), ...op.localSet(at.word(0, 4))];
  for (let i = words.length + 1; i < WORDS; i++)
    padding.push(...lanes.constant(i === RATE_WORDS - 1 ? LAST_BIT : 0n), ...op.localSet(at.word(0, i)));
  const body = [
    ...words.flatMap((i) => [...lanes.load(entries, 8 * i), ...op.localSet(at.word(0, i))]),
    ...op.loopWhile([
      ...padding,
      ...permutation(lanes, at, constants),
      ...words.flatMap((i) => lanes.store(outs, 8 * i, at.word(0, i))),
      ...outs.flatMap((local) => add(local, op.localGet(stride))),
      ...indexes.flatMap((local) => add(local, op.i32Const(1))),
      ...[...op.localGet(count), ...op.i32Const(1), ...op.i32Sub, ...op.localTee(count)],
    ]),
    ...words.flatMap((i) => lanes.store(entries, 8 * i, at.word(0, i))),
  ];
  return {name: `chain${suffix(lanes)}`, parameters: at.parameters, locals: at.declare(lanes), body};
}
