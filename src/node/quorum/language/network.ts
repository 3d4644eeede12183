/**
 * A neural network as a program and its secrets: weights and biases are secrets, the inputs are the client's.
 *
 * Weights have `fractionBits` fractional bits, sums as many more with each layer as there is room for, and results 16,
 * rounded to the nearest. As so many more bits are carried than come out, results are those of the network in doubles to
 * within one unit of 2^-16; sigmoid and tanh, which are straight lines here, excepted.
 */
import {SHIFT_MAX_BITS} from "../../../codecs/quorum/ir.js";
import type {Activation, Layer, Network} from "../../../codecs/quorum/network.js";
import {RuleError} from "../../../errors.js";
import {FRACTION_BITS} from "./statements.js";

export interface NetworkProgram {
  readonly source: string;
  /** By name, in the order of the program. */
  readonly secrets: ReadonlyMap<string, bigint>;
}

/** Fractional bits of weights: more than the results have, and few enough for a product of two. */
export const FRACTION_BITS_MIN = FRACTION_BITS + 1;
export const FRACTION_BITS_MAX = 40;
export const DEFAULT_FRACTION_BITS = 32;
/** Magnitude that inputs stay below, as the numbers that they stand for. */
export const INPUT_LIMIT = 2 ** 20;
/** Numbers below 2^125 are shifted and compared rightly; curves take five bits of room. */
const RANGE_BITS = 125;
const CURVE_RANGE_BITS = 120;

const STATEMENTS: Readonly<Record<Activation, (to: string, from: string, bits: number) => string | null>> = {
  none: () => null,
  relu: (to, from) => `relu ${to} = ${from}`,
  sigmoid: (to, from, bits) => `sigmoid ${to} = ${from} ${bits}`,
  tanh: (to, from, bits) => `tanh ${to} = ${from} ${bits}`,
};

/** The wires of a layer's outputs. */
interface Wires {
  readonly names: readonly string[];
  /** Fractional bits. */
  readonly bits: number;
  /** Magnitude that the numbers stay below. */
  readonly limit: number;
}

/** @throws RuleError NETWORK_TOO_LARGE where numbers could leave the range in which shifts and comparisons are right */
export function networkProgram({inputs, inputBits, layers, output}: Network, fractionBits: number): NetworkProgram {
  const secrets = new Map<string, bigint>();
  const secret = (name: string, value: number, bits: number): string => {
    secrets.set(name, fixed(value, bits));
    return name;
  };
  const statements: string[] = [];
  let wires: Wires = {names: inputs, bits: inputBits, limit: INPUT_LIMIT};
  for (const [at, layer] of layers.entries()) {
    const {weights, bias, activation} = layer;
    const number = at + 1;
    const limit = limitOf(layer, wires.limit);
    // A shift costs as much as a comparison, so fractional bits pile up for as long as there is room.
    if (!fits(layer, limit, wires.bits + fractionBits)) wires = shifted(wires, fractionBits, {number, statements});
    const bits = wires.bits + fractionBits;
    if (!fits(layer, limit, bits))
      throw new RuleError(
        "NETWORK_TOO_LARGE",
        `layer ${number} can have sums of up to 2^${Math.ceil(Math.log2(limit))}`,
        {
          hint: "fewer --fraction-bits leave more room",
        },
      );
    const names = weights.map((row, to) => {
      const [sum, active] = [`z${number}_${to}`, `a${number}_${to}`];
      const pairs = row.map(
        (each, from) => `${secret(`w${number}_${to}_${from}`, each, fractionBits)} ${wires.names[from]}`,
      );
      statements.push(`dot s${number}_${to} = ${pairs.join(" ")}`);
      statements.push(`add ${sum} = s${number}_${to} ${secret(`b${number}_${to}`, bias[to]!, bits)}`);
      const statement = STATEMENTS[activation](active, sum, bits);
      if (statement === null) return sum;
      statements.push(statement);
      return active;
    });
    wires = {names, bits, limit: isCurve(layer) ? 1 : limit};
  }
  const lines = [
    `# a network of ${[inputs.length, ...layers.map(({bias}) => bias.length)].join(", ")}`,
    ...inputs.map((name) => `input ${name}`),
    ...[...secrets.keys()].map((name) => `secret ${name}`),
    ...statements,
    ...(output === "argmax" ? [`argmax class = ${wires.names.join(" ")}`, "output class"] : values(wires)),
  ];
  return {source: `${lines.join("\n")}\n`, secrets};
}

/** The wires of a layer with no more than `bits` fractional bits. */
function shifted(
  wires: Wires,
  bits: number,
  {number, statements}: {readonly number: number; readonly statements: string[]},
): Wires {
  if (wires.bits <= bits) return wires;
  const names = wires.names.map((name, at) => {
    const short = `x${number}_${at}`;
    statements.push(`shr ${short} = ${name} ${wires.bits - bits}`);
    return short;
  });
  return {...wires, names, bits};
}

/** Results with 16 fractional bits, rounded to the nearest. */
function values({names, bits}: Wires): string[] {
  const spare = bits - FRACTION_BITS;
  const results = names.map((_, at) => `y${at}`);
  return [
    `const half = ${1n << BigInt(spare - 1)}`,
    ...names.flatMap((name, at) => [`add r${at} = ${name} half`, `shr ${results[at]} = r${at} ${spare}`]),
    `output ${results.join(" ")}`,
  ];
}

/** The nearest integer to `value` times 2^bits; the product is exact, as only its exponent changes. */
const fixed = (value: number, bits: number): bigint => BigInt(Math.round(value * 2 ** bits));

/** Magnitude that the sums of a layer stay below, for inputs below `limit`; twice of it is for what rounding adds. */
const limitOf = ({weights, bias}: Layer, limit: number): number =>
  2 *
  Math.max(
    1,
    ...weights.map((row, to) => row.reduce((sum, each) => sum + Math.abs(each) * limit, Math.abs(bias[to]!))),
  );

const isCurve = ({activation}: Layer): boolean => activation === "sigmoid" || activation === "tanh";

/** Whether sums of a layer below `limit` may have so many fractional bits. */
const fits = (layer: Layer, limit: number, bits: number): boolean =>
  bits <= SHIFT_MAX_BITS && Math.log2(limit) + bits < (isCurve(layer) ? CURVE_RANGE_BITS : RANGE_BITS);
