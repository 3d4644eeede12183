/**
 * A neural network as a program and its secrets: weights and biases are secrets, the inputs are the client's.
 *
 * Weights have `fractionBits` fractional bits, sums as many more with each layer as there is room for, and results 16,
 * rounded to the nearest. As so many more bits are carried than come out, results are those of the network in doubles to
 * within one unit of 2^-16; excepted are sigmoid and tanh, which are straight lines here, and squares, which multiply what
 * their operands are off by.
 */
import {SHIFT_MAX_BITS} from "../../../codecs/quorum/ir.js";
import type {Layer, Network} from "../../../codecs/quorum/network.js";
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
/** Numbers below 2^125 are shifted and compared rightly. */
const RANGE_BITS = 125;

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
  const draft = new NetworkDraft();
  let wires: Wires = {names: inputs, bits: inputBits, limit: INPUT_LIMIT};
  for (const [at, layer] of layers.entries()) {
    const {weights, bias} = layer;
    const number = at + 1;
    const limit = limitOf(layer, wires.limit);
    // A shift costs as much as a comparison, so fractional bits pile up for as long as there is room.
    if (!fits(limit, wires.bits + fractionBits, rangeOf(layer)))
      wires = draft.shifted(wires, fractionBits, `x${number}`);
    const bits = wires.bits + fractionBits;
    if (!fits(limit, bits, rangeOf(layer))) refuse(number, limit);
    const names = weights.map((row, to) => {
      const pairs = row.map(
        (each, from) => `${secret(`w${number}_${to}_${from}`, each, fractionBits)} ${wires.names[from]}`,
      );
      draft.statements.push(`dot s${number}_${to} = ${pairs.join(" ")}`);
      draft.statements.push(`add z${number}_${to} = s${number}_${to} ${secret(`b${number}_${to}`, bias[to]!, bits)}`);
      return `z${number}_${to}`;
    });
    wires = draft.activated({names, bits, limit}, {layer, number, fractionBits});
  }
  const lines = [
    `# a network of ${[inputs.length, ...layers.map(({bias}) => bias.length)].join(", ")}`,
    ...inputs.map((name) => `input ${name}`),
    ...[...secrets.keys()].map((name) => `secret ${name}`),
    ...draft.statements,
    ...(output === "argmax" ? [`argmax class = ${wires.names.join(" ")}`, "output class"] : values(wires)),
  ];
  return {source: `${lines.join("\n")}\n`, secrets};
}

class NetworkDraft {
  readonly statements: string[] = [];

  /** `wires` with no more than `bits` fractional bits. */
  shifted(wires: Wires, bits: number, prefix: string): Wires {
    if (wires.bits <= bits) return wires;
    return {...this.#each(wires, prefix, (to, from) => `shr ${to} = ${from} ${wires.bits - bits}`), bits};
  }

  /** @throws RuleError NETWORK_TOO_LARGE */
  activated(
    sums: Wires,
    {layer, number, fractionBits}: {readonly layer: Layer; readonly number: number; readonly fractionBits: number},
  ): Wires {
    const {activation} = layer;
    const prefix = `a${number}`;
    switch (activation) {
      case "none":
        return sums;
      case "relu":
        return this.#each(sums, prefix, (to, from) => `relu ${to} = ${from}`);
      case "sigmoid":
      case "tanh":
        return {...this.#each(sums, prefix, (to, from) => `${activation} ${to} = ${from} ${sums.bits}`), limit: 1};
      case "square": {
        const limit = sums.limit ** 2;
        const factors = fits(limit, 2 * sums.bits, RANGE_BITS) ? sums : this.shifted(sums, fractionBits, `q${number}`);
        if (!fits(limit, 2 * factors.bits, RANGE_BITS)) refuse(number, limit);
        const bits = 2 * factors.bits;
        return {...this.#each(factors, prefix, (to, from) => `mul ${to} = ${from} ${from}`), bits, limit};
      }
    }
  }

  #each(wires: Wires, prefix: string, statement: (to: string, from: string) => string): Wires {
    const names = wires.names.map((from, at) => {
      this.statements.push(statement(`${prefix}_${at}`, from));
      return `${prefix}_${at}`;
    });
    return {...wires, names};
  }
}

function refuse(layer: number, limit: number): never {
  const bits = Math.ceil(Math.log2(limit));
  throw new RuleError("NETWORK_TOO_LARGE", `layer ${layer} can have numbers of up to 2^${bits}`, {
    hint: "fewer --fraction-bits leave more room",
  });
}

/** Named as what a statement brings along: it is none of the author's secrets. Macros count from 1. */
const HALF = "__half_0";

/** Results with 16 fractional bits, rounded to the nearest. */
function values({names, bits}: Wires): string[] {
  const spare = bits - FRACTION_BITS;
  const results = names.map((_, at) => `y${at}`);
  return [
    `const ${HALF} = ${1n << BigInt(spare - 1)}`,
    ...names.flatMap((name, at) => [`add r${at} = ${name} ${HALF}`, `shr ${results[at]} = r${at} ${spare}`]),
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

/** Bits that its sums may have: where a curve is laid through them, five fewer. */
const rangeOf = ({activation}: Layer): number =>
  RANGE_BITS - (activation === "sigmoid" || activation === "tanh" ? 5 : 0);

/** Whether numbers below `limit` may have so many fractional bits. */
const fits = (limit: number, bits: number, range: number): boolean =>
  bits <= SHIFT_MAX_BITS && Math.log2(limit) + bits < range;
