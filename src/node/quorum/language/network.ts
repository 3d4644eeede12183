/**
 * A neural network as a program and its secrets: weights and biases are secrets, the inputs are the client's.
 *
 * Numbers are in fixed point with `fractionBits` on the way, and results have 16, rounded to the nearest. As so many more
 * bits are carried than come out, results are those of the network in doubles to within one unit of 2^-16; sigmoid and tanh,
 * which are straight lines here, excepted.
 */
import type {Activation, Layer, Network} from "../../../codecs/quorum/network.js";
import {RuleError} from "../../../errors.js";
import {FRACTION_BITS} from "./statements.js";

export interface NetworkProgram {
  readonly source: string;
  /** By name, in the order of the program. */
  readonly secrets: ReadonlyMap<string, bigint>;
}

/** Fractional bits on the way: more than the results have, and few enough for sums of two such factors. */
export const FRACTION_BITS_MIN = FRACTION_BITS + 1;
export const FRACTION_BITS_MAX = 40;
export const DEFAULT_FRACTION_BITS = 32;
/** Magnitude that inputs stay below, as the numbers that they stand for. */
export const INPUT_LIMIT = 2 ** 20;
/** Magnitudes from which on a shift is not what it should be, in bits. */
const SHIFT_LIMIT_BITS = 125;

const STATEMENTS: Readonly<Record<Activation, (to: string, from: string, bits: number) => string | null>> = {
  none: () => null,
  relu: (to, from) => `relu ${to} = ${from}`,
  sigmoid: (to, from, bits) => `sigmoid ${to} = ${from} ${bits}`,
  tanh: (to, from, bits) => `tanh ${to} = ${from} ${bits}`,
};

/** @throws RuleError NETWORK_TOO_LARGE where numbers could leave the range in which shifts are right */
export function networkProgram(network: Network, fractionBits: number): NetworkProgram {
  const {inputs, inputBits, layers, output} = network;
  checkRange(layers, fractionBits);
  const secrets = new Map<string, bigint>();
  const secret = (name: string, value: number, bits: number): string => {
    secrets.set(name, fixed(value, bits));
    return name;
  };
  const statements: string[] = [];
  let wires = inputs;
  let bits = inputBits;
  for (const [at, {weights, bias, activation}] of layers.entries()) {
    const number = at + 1;
    // A shift by fractionBits is to leave as many, whatever the inputs had.
    const weightBits = 2 * fractionBits - bits;
    const matrix = weights.flatMap((row, to) =>
      row.map((weight, from) => secret(`w${number}_${to}_${from}`, weight, weightBits)),
    );
    const biases = bias.map((each, to) => secret(`b${number}_${to}`, each, fractionBits));
    const operands = [...matrix, ...wires].join(" ");
    statements.push(`matvec s${number} = ${weights.length} ${wires.length} ${operands} ${fractionBits}`);
    wires = biases.map((each, to) => {
      const [sum, active] = [`z${number}_${to}`, `a${number}_${to}`];
      statements.push(`add ${sum} = s${number}[${to}] ${each}`);
      const statement = STATEMENTS[activation](active, sum, fractionBits);
      if (statement === null) return sum;
      statements.push(statement);
      return active;
    });
    bits = fractionBits;
  }
  const lines = [
    `# a network of ${[inputs.length, ...layers.map(({bias}) => bias.length)].join(", ")}`,
    ...inputs.map((name) => `input ${name}`),
    ...[...secrets.keys()].map((name) => `secret ${name}`),
    ...statements,
    ...(output === "argmax" ? [`argmax class = ${wires.join(" ")}`, "output class"] : values(wires, fractionBits)),
  ];
  return {source: `${lines.join("\n")}\n`, secrets};
}

/** Results with 16 fractional bits, rounded to the nearest. */
function values(wires: readonly string[], fractionBits: number): string[] {
  const spare = fractionBits - FRACTION_BITS;
  const names = wires.map((_, at) => `y${at}`);
  return [
    `const half = ${1n << BigInt(spare - 1)}`,
    ...wires.flatMap((wire, at) => [`add r${at} = ${wire} half`, `shr ${names[at]} = r${at} ${spare}`]),
    `output ${names.join(" ")}`,
  ];
}

/** The nearest integer to `value` times 2^bits; the product is exact, as only its exponent changes. */
const fixed = (value: number, bits: number): bigint => BigInt(Math.round(value * 2 ** bits));

/** Sums of products stay below the limit of a shift for all inputs below theirs. */
function checkRange(layers: readonly Layer[], fractionBits: number): void {
  let limit = INPUT_LIMIT;
  for (const [at, {weights, bias, activation}] of layers.entries()) {
    const rows = weights.map((row, to) =>
      row.reduce((sum, weight) => sum + Math.abs(weight) * limit, Math.abs(bias[to]!)),
    );
    // One bit is left for what rounding adds.
    const most = Math.max(1, ...rows) * 2;
    if (Math.log2(most) + 2 * fractionBits >= SHIFT_LIMIT_BITS)
      throw new RuleError(
        "NETWORK_TOO_LARGE",
        `layer ${at + 1} can have sums of up to 2^${Math.ceil(Math.log2(most))}`,
        {
          hint: "fewer --fraction-bits leave more room",
        },
      );
    limit = activation === "sigmoid" || activation === "tanh" ? 1 : most;
  }
}
