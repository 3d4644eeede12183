/** Evaluation in the clear, in one place: what evaluation on shares must agree with. */
import type {Ir, OperationNode} from "../../../codecs/quorum/ir.js";
import {RuleError} from "../../../errors.js";
import {add, mul, neg, reduce, sub} from "../field/field.js";

/** Results by output name, in the order of the outputs. */
export type Outputs = ReadonlyMap<string, bigint>;

/** Values of all outputs; inputs that the program does not have are ignored. @throws RuleError INPUT_MISSING */
export function evaluate(ir: Ir, inputs: ReadonlyMap<string, bigint>): Outputs {
  const wires = new Map<string, bigint>();
  for (const node of ir.nodes) {
    if (node.type === "input") wires.set(node.id, reduce(inputOf(inputs, node.id)));
    else if (node.type === "const") wires.set(node.id, reduce(node.value));
    else wires.set(node.id, operate(node, wires));
  }
  return new Map(ir.outputs.map((name) => [name, wires.get(name)!]));
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
  }
}

/** Names of the inputs, in their order. */
export const inputNames = ({nodes}: Ir): string[] => nodes.flatMap((node) => (node.type === "input" ? [node.id] : []));
