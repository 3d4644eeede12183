/** Evaluation in the clear, in one place: what evaluation on shares must agree with. */
import {type Ir, isOperationNode, type Node, namesOf, type OperationNode} from "../../../codecs/quorum/ir.js";
import {RuleError} from "../../../errors.js";
import {add, mul, neg, P, reduce, sub} from "../field/field.js";

/** Results by output name, in the order of the outputs. */
export type Outputs = ReadonlyMap<string, bigint>;

/** Values, or shares of values, that a program starts from, by name. What it does not have is ignored. */
export interface Given {
  readonly inputs: ReadonlyMap<string, bigint>;
  readonly secrets?: ReadonlyMap<string, bigint>;
}

/** Values of all outputs. @throws RuleError INPUT_MISSING, SECRET_MISSING */
export function evaluate(ir: Ir, given: Given): Outputs {
  const wires = new Map<string, bigint>();
  for (const node of ir.nodes) {
    wires.set(node.id, isOperationNode(node) ? operate(node, wires) : leafOf(node, given));
  }
  return new Map(ir.outputs.map((name) => [name, wires.get(name)!]));
}

/** Value of a node without operands. @throws RuleError INPUT_MISSING, SECRET_MISSING */
export function leafOf(node: Exclude<Node, OperationNode>, {inputs, secrets}: Given): bigint {
  if (node.type === "const") return reduce(node.value);
  if (node.type === "input") return reduce(inputOf(inputs, node.id));
  const secret = secrets?.get(node.id);
  // Never taken from the inputs: whoever sends those could choose it.
  if (secret === undefined)
    throw new RuleError("SECRET_MISSING", `No share of secret '${node.id}'`, {details: {secret: node.id}});
  return reduce(secret);
}

/** @throws RuleError INPUT_MISSING */
export function inputOf(inputs: ReadonlyMap<string, bigint>, name: string): bigint {
  const value = inputs.get(name);
  if (value === undefined)
    throw new RuleError("INPUT_MISSING", `Missing input share for '${name}'`, {details: {input: name}});
  return value;
}

function operate(node: OperationNode, wires: ReadonlyMap<string, bigint>): bigint {
  const [a = 0n, b = 0n, c = 0n] = node.inputs.map((name) => wires.get(name)!);
  switch (node.type) {
    case "add":
      return add(a, b);
    case "sub":
      return sub(a, b);
    case "mul":
      return mul(a, b);
    case "neg":
      return neg(a);
    case "mux":
      return add(mul(a, b - c), c);
    case "lt":
      return sub(a, b) > P >> 1n ? 1n : 0n;
    case "eq":
      return a === b ? 1n : 0n;
    case "shr":
      return shiftRight(a, node.bits);
  }
}

/** Makes signed numbers of magnitude below 2^125 non-negative, and is a multiple of every 2^bits. */
const SHIFT_OFFSET = 1n << 125n;

/**
 * The signed number that `value` stands for, divided by 2^bits and rounded down: right below a magnitude of 2^125, and
 * the same function everywhere for every other element.
 */
const shiftRight = (value: bigint, bits: number): bigint =>
  sub(add(value, SHIFT_OFFSET) >> BigInt(bits), SHIFT_OFFSET >> BigInt(bits));

/** Names of the inputs, in their order. */
export const inputNames = namesOf(({type}) => type === "input");
