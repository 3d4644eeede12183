/**
 * Intermediate representation of a quorum program: nodes in the order in which they are evaluated.
 *
 * `{"nodes":[NODE...],"output_node_id":FIRST,"output_node_ids":[...]}` with
 * `NODE = {"id","type",["op"],"inputs":[...],["value"],["bits"]}`, members in this order. `op` repeats the type of an
 * operation, `bits` is the distance of a shift. A reader takes an IR that names its outputs in one of the two ways. Source:
 * quorum programs, sections 6 and 22.
 */
import {DecodeError} from "../../errors.js";
import {isList, isObject, members, type Value, type ValueObject} from "./json.js";

/** Operands of the operations that are sums and products: polynomials of their operands. */
export const ARITHMETIC = {add: 2, sub: 2, mul: 2, neg: 1, mux: 3} as const;
/** Operands of each operation. */
export const OPERANDS = {...ARITHMETIC, lt: 2, eq: 2, shr: 1} as const;
export type Operation = keyof typeof OPERANDS;

export interface InputNode {
  readonly type: "input";
  readonly id: string;
}
/** A value that custodians hold shares of, under this name. */
export interface SecretNode {
  readonly type: "secret";
  readonly id: string;
}
export interface ConstNode {
  readonly type: "const";
  readonly id: string;
  /** As written in the program: it may be negative, or p and more. */
  readonly value: bigint;
}
interface PlainNode {
  readonly type: Exclude<Operation, "shr">;
  readonly id: string;
  readonly inputs: readonly string[];
}
/** Division by 2^bits, rounded down. */
export interface ShiftNode {
  readonly type: "shr";
  readonly id: string;
  readonly inputs: readonly string[];
  /** 1 to 100. */
  readonly bits: number;
}
export type OperationNode = PlainNode | ShiftNode;
export type Node = InputNode | SecretNode | ConstNode | OperationNode;

/** A program whose operands all stand before their use. */
export interface Ir {
  readonly nodes: readonly Node[];
  /** At least one. The first is what readers of a single result take. */
  readonly outputs: readonly string[];
}

/** Most nodes of one program. */
export const IR_MAX_NODES = 65_536;
/** Longest name of a wire, in characters. */
export const WIRE_NAME_MAX = 1024;
/** Farthest shift, in bits. */
export const SHIFT_MAX_BITS = 100;

const isOperation = (type: string): type is Operation => Object.hasOwn(OPERANDS, type);

export const isOperationNode = (node: Node): node is OperationNode => isOperation(node.type);

/** An operation that needs an exchange between custodians: a product of two shared values. */
export interface ProductNode extends PlainNode {
  readonly type: "mul" | "mux";
}

export const isProduct = (node: Node): node is ProductNode => node.type === "mul" || node.type === "mux";

/**
 * An operation on the bits of signed numbers, where values above (p-1)/2 stand for negative ones: no polynomial of its
 * operands. `lt` and `eq` give 1 or 0.
 */
export type BitNode = ShiftNode | (PlainNode & {readonly type: "lt" | "eq"});

export const isBitOperation = (node: Node): node is BitNode =>
  node.type === "lt" || node.type === "eq" || node.type === "shr";

/** What `of` finds in a program, looked for once: every evaluation asks again. */
function once<T>(of: (ir: Ir) => T): (ir: Ir) => T {
  const known = new WeakMap<Ir, T>();
  return (ir) => {
    const found = known.get(ir) ?? of(ir);
    known.set(ir, found);
    return found;
  };
}
/** Finds the names of nodes that fit, in their order. */
export const namesOf = (fits: (node: Node) => boolean) =>
  once(({nodes}): readonly string[] => nodes.filter(fits).map(({id}) => id));

/** Names of the products, in their order: each needs a triple for every evaluation. */
export const productNames = namesOf(isProduct);

/** Names of the secrets, in their order. */
export const secretNames = namesOf(({type}) => type === "secret");

/** `ir` as JSON. */
export const irValue = ({nodes, outputs}: Ir): ValueObject =>
  members({
    nodes: nodes.map(nodeValue),
    output_node_id: outputs[0]!,
    output_node_ids: [...outputs],
  });

function nodeValue(node: Node): ValueObject {
  const {id, type} = node;
  if (node.type === "input" || node.type === "secret") return members({id, type, inputs: []});
  if (node.type === "const") return members({id, type, inputs: [], value: node.value});
  const bits = node.type === "shr" ? {bits: BigInt(node.bits)} : {};
  return members({id, type, op: type, inputs: [...node.inputs], ...bits});
}

const refuse = (message: string): never => {
  throw new DecodeError("IR_INVALID", message);
};

/**
 * Reads an IR and checks all that evaluation relies on.
 * @throws DecodeError IR_INVALID
 */
export function readIr(value: Value | undefined): Ir {
  if (!isObject(value)) return refuse("IR is no object");
  const list = value.get("nodes");
  if (!isList(list)) return refuse("IR has no list of nodes");
  if (list.length > IR_MAX_NODES) return refuse(`IR has ${list.length} nodes, at most ${IR_MAX_NODES}`);
  const defined = new Set<string>();
  const nodes = list.map((each) => {
    const node = readNode(each, defined);
    defined.add(node.id);
    return node;
  });
  const outputs = readOutputs(value);
  for (const name of outputs) if (!defined.has(name)) refuse(`Output node '${name}' was not computed`);
  if (new Set(outputs).size !== outputs.length) refuse("IR names an output twice");
  return {nodes, outputs};
}

function readNode(value: Value, defined: ReadonlySet<string>): Node {
  if (!isObject(value)) return refuse("IR has a node that is no object");
  const id = name(value.get("id"), "a node's id");
  if (defined.has(id)) return refuse(`IR defines '${id}' twice`);
  const type = value.get("type");
  if (typeof type !== "string") return refuse(`node '${id}' has no type`);
  const inputs = value.get("inputs") ?? [];
  if (!isList(inputs)) return refuse(`inputs of node '${id}' are no list`);
  if (type === "input" || type === "secret" || type === "const") {
    if (inputs.length > 0) return refuse(`node '${id}' of type ${type} has inputs`);
    if (type !== "const") return {type, id};
    const constant = value.get("value");
    return typeof constant === "bigint" ? {type, id, value: constant} : refuse(`constant '${id}' is no integer`);
  }
  if (!isOperation(type)) return refuse(`Unknown node type '${type}'`);
  if (value.has("op") && value.get("op") !== type) return refuse(`node '${id}' has type ${type} and another op`);
  if (inputs.length !== OPERANDS[type]) return refuse(`node '${id}' of type ${type} has ${inputs.length} inputs`);
  const operands = inputs.map((input) =>
    typeof input === "string" && defined.has(input) ? input : refuse(`node '${id}' uses what no node before it is`),
  );
  const node: OperationNode =
    type === "shr" ? {type, id, inputs: operands, bits: shiftBits(value, id)} : {type, id, inputs: operands};
  if (isBitOperation(node)) checkMembers(value, node);
  return node;
}

function shiftBits(node: ValueObject, id: string): number {
  const bits = node.get("bits");
  const fits = typeof bits === "bigint" && bits >= 1n && bits <= BigInt(SHIFT_MAX_BITS);
  return fits ? Number(bits) : refuse(`node '${id}' shifts by no number from 1 to ${SHIFT_MAX_BITS}`);
}

/** Members as they are written and no others. Only what the reference made too may have more of them. */
function checkMembers(value: ValueObject, node: BitNode): void {
  const own = [...(nodeValue(node) as ValueObject).keys()];
  const names = [...value.keys()];
  if (names.length !== own.length || names.some((name, at) => name !== own[at]))
    refuse(`node '${node.id}' of type ${node.type} has not the members ${own.join(", ")}`);
}

function readOutputs(value: ValueObject): readonly string[] {
  const [first, all] = [value.get("output_node_id"), value.get("output_node_ids")];
  if (all === undefined || all === null) return [name(first, "the output")];
  if (!isList(all) || all.length === 0) return refuse("IR has no list of outputs");
  const outputs = all.map((each) => name(each, "an output"));
  if (first !== undefined && first !== null && first !== outputs[0]) refuse("output_node_id is not the first output");
  return outputs;
}

const name = (value: Value | undefined, what: string): string =>
  typeof value === "string" && value !== "" && value.length <= WIRE_NAME_MAX
    ? value
    : refuse(`${what} is no text of 1 to ${WIRE_NAME_MAX} characters`);
