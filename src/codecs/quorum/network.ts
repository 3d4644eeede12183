/**
 * Weights of a small neural network, as a trainer leaves them, in JSON.
 *
 * `{"inputs":[NAME...],["input_bits"],"layers":[LAYER...],["output"]}` with `LAYER = {"weights":[[NUMBER...]...],"bias":
 * [NUMBER...],["activation"]}`: a row of weights for each output of the layer, as PyTorch's `Linear` has them. `input_bits`
 * are the fractional bits of the inputs, 0 where it is absent. `activation` is `none`, where it is absent, `relu`, `square`,
 * `sigmoid` or `tanh`; `output` is `values`, where it is absent, or `argmax`. A form of this project.
 */
import {DecodeError} from "../../errors.js";
import {isList, isObject, parseValue, type Value, type ValueObject} from "./json.js";
import {WIRES_MAX} from "./strict/statements.js";

const ACTIVATIONS = ["none", "relu", "square", "sigmoid", "tanh"] as const;
const OUTPUTS = ["values", "argmax"] as const;

export interface Layer {
  /** A row for each output, as long as the layer has inputs. */
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
  readonly activation: (typeof ACTIVATIONS)[number];
}

export interface Network {
  readonly inputs: readonly string[];
  /** Fractional bits of the inputs. */
  readonly inputBits: number;
  readonly layers: readonly Layer[];
  readonly output: (typeof OUTPUTS)[number];
}

/** Most weights and biases: as many secrets as custodians take of a program. */
export const NETWORK_MAX_WEIGHTS = WIRES_MAX;
export const NETWORK_MAX_LAYERS = 16;
export const NETWORK_MAX_BYTES = 2 * 1024 * 1024;
/** Magnitude that a weight stays below. */
const WEIGHT_LIMIT = 2 ** 20;
/** Most fractional bits of inputs. */
const INPUT_MAX_BITS = 32;

const refuse = (message: string): never => {
  throw new DecodeError("NETWORK_INVALID", message, {hint: "qsdm quorum network --help has the form"});
};

/** @throws DecodeError NETWORK_INVALID, JSON_INVALID */
export function readNetwork(text: string): Network {
  const value = objectOf(parseValue(text), ["inputs", "input_bits", "layers", "output"], "the network");
  const inputs = listOf(value.get("inputs"), "inputs").map(nameOf);
  if (new Set(inputs).size !== inputs.length) refuse("inputs has a name twice");
  const layers = listOf(value.get("layers"), "layers");
  if (layers.length > NETWORK_MAX_LAYERS) refuse(`${layers.length} layers, at most ${NETWORK_MAX_LAYERS}`);
  let width = inputs.length;
  let weights = 0;
  const read = layers.map((each, at) => {
    const layer = readLayer(each, width, `layer ${at + 1}`);
    weights += layer.bias.length * (width + 1);
    if (weights > NETWORK_MAX_WEIGHTS) refuse(`more than ${NETWORK_MAX_WEIGHTS} weights`);
    width = layer.bias.length;
    return layer;
  });
  const output = oneOf(value.get("output"), OUTPUTS, "output");
  if (output === "argmax" && width < 2) refuse("argmax of a last layer with one output");
  const bits = value.get("input_bits") ?? 0n;
  if (typeof bits !== "bigint" || bits < 0n || bits > BigInt(INPUT_MAX_BITS))
    return refuse(`input_bits is no number from 0 to ${INPUT_MAX_BITS}`);
  return {inputs, inputBits: Number(bits), layers: read, output};
}

function readLayer(value: Value, width: number, what: string): Layer {
  const layer = objectOf(value, ["weights", "bias", "activation"], what);
  const weights = listOf(layer.get("weights"), `weights of ${what}`).map((row, at) => {
    const numbers = listOf(row, `row ${at + 1} of ${what}`);
    if (numbers.length !== width) refuse(`row ${at + 1} of ${what} has ${numbers.length} weights, not ${width}`);
    return numbers.map((each) => numberOf(each, what));
  });
  const bias = listOf(layer.get("bias"), `bias of ${what}`).map((each) => numberOf(each, what));
  if (bias.length !== weights.length) refuse(`${what} has ${weights.length} rows and ${bias.length} biases`);
  return {weights, bias, activation: oneOf(layer.get("activation"), ACTIVATIONS, `activation of ${what}`)};
}

function objectOf(value: Value, names: readonly string[], what: string): ValueObject {
  if (!isObject(value)) return refuse(`${what} is no object`);
  for (const name of value.keys())
    if (!names.includes(name)) refuse(`${what} has a member that is none of ${names.join(", ")}`);
  return value;
}

const listOf = (value: Value | undefined, what: string): readonly Value[] =>
  isList(value) && value.length > 0 ? value : refuse(`${what} is no list with something in it`);

const nameOf = (value: Value): string =>
  typeof value === "string" && /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(value)
    ? value
    : refuse("a name of an input is not 1 to 64 letters, digits and underscores, the first no digit");

/** Nothing of a weight is quoted: it is secret. */
function numberOf(value: Value, what: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || Math.abs(number) >= WEIGHT_LIMIT)
    return refuse(`${what} has a weight that is no number of magnitude below ${WEIGHT_LIMIT}`);
  return number;
}

function oneOf<const T extends readonly string[]>(value: Value | undefined, words: T, what: string): T[number] {
  if (value === undefined) return words[0]!;
  return typeof value === "string" && words.includes(value) ? value : refuse(`${what} is none of ${words.join(", ")}`);
}
