/**
 * A program as what an evaluation does round by round: wires by number, and whatever has its operands at one time started
 * together.
 */
import {
  type BitNode,
  type Ir,
  isBitOperation,
  isOperationNode,
  isProduct,
  type OperationNode,
  secretNames,
} from "../../../codecs/quorum/ir.js";
import {packElements} from "../field/bytes.js";
import type {Sum, Vector} from "../field/vector.js";
import {inputNames} from "../program/evaluate.js";
import {splitOf} from "./comparison.js";
import {scheduleOf} from "./schedule.js";

/** Wires of the results, of the first and the second operands. */
export interface Products {
  readonly out: Int32Array;
  readonly x: Int32Array;
  readonly y: Int32Array;
}

/** Comparisons of one kind: with 0, of differences, or shifts by one number of bits. */
export interface Comparisons {
  readonly type: BitNode["type"];
  readonly split: number;
  readonly out: Int32Array;
  readonly x: Int32Array;
}

/** What is done when as many rounds are over as steps came before. */
export interface Step {
  /** One after the other. */
  readonly sums: readonly Sum[];
  /** They have begun when these are done. */
  readonly products: Products;
  readonly comparisons: readonly Comparisons[];
}

export interface Plan {
  /** How many there are; the first is 0 for good. */
  readonly wires: number;
  /** Wires of inputs and secrets, in the order of their names. */
  readonly inputs: Int32Array;
  readonly secrets: Int32Array;
  readonly constants: {readonly wires: Int32Array; readonly values: Vector};
  /** Nothing is under way any more at the last. */
  readonly steps: readonly Step[];
  readonly outputs: Int32Array;
}

const ZERO = 0;
const plans = new WeakMap<Ir, Plan>();

/** The plan of a program, made once. */
export function planOf(ir: Ir): Plan {
  const known = plans.get(ir);
  if (known) return known;
  const plan = makePlan(ir);
  plans.set(ir, plan);
  return plan;
}

interface Draft {
  readonly sums: Sum[];
  readonly products: {readonly out: number; readonly x: number; readonly y: number}[];
  /** By kind. */
  readonly comparisons: Map<string, {type: BitNode["type"]; split: number; out: number[]; x: number[]}>;
}

function makePlan(ir: Ir): Plan {
  const numbers = new Map<string, number>();
  let wires = ZERO + 1;
  const wireOf = (name: string): number => numbers.get(name)!;
  const place = (names: readonly string[]): Int32Array => Int32Array.from(names, wireOf);
  for (const {id} of ir.nodes) numbers.set(id, wires++);
  const schedule = scheduleOf(ir);
  const rounds = schedule.reduce((latest, {ready}) => Math.max(latest, ready), 0);
  const steps = Array.from({length: rounds + 1}, (): Draft => ({sums: [], products: [], comparisons: new Map()}));
  for (const [at, node] of ir.nodes.entries()) {
    if (!isOperationNode(node)) continue;
    const [begins, ready] = [steps[schedule[at]!.begins]!, steps[schedule[at]!.ready]!];
    const out = wireOf(node.id);
    const [x = ZERO, y = ZERO, other = ZERO] = node.inputs.map(wireOf);
    const difference = (a: number, b: number): number => {
      begins.sums.push({out: wires, a, b, minus: true});
      return wires++;
    };
    if (isProduct(node)) {
      if (node.type === "mul") begins.products.push({out, x, y});
      else {
        // s (a - b) + b
        const factor = difference(y, other);
        const product = wires++;
        begins.products.push({out: product, x, y: factor});
        ready.sums.push({out, a: product, b: other, minus: false});
      }
    } else if (isBitOperation(node)) compare(begins, node, {out, x: node.type === "shr" ? x : difference(x, y)});
    else begins.sums.push(sumOf(node, out, [x, y]));
  }
  const constants = ir.nodes.flatMap((node) => (node.type === "const" ? [node] : []));
  return {
    wires,
    inputs: place(inputNames(ir)),
    secrets: place(secretNames(ir)),
    constants: {wires: place(constants.map(({id}) => id)), values: packElements(constants.map(({value}) => value))},
    steps: steps.map(stepOf),
    outputs: place(ir.outputs),
  };
}

const stepOf = ({sums, products, comparisons}: Draft): Step => ({
  sums,
  products: {
    out: Int32Array.from(products, ({out}) => out),
    x: Int32Array.from(products, ({x}) => x),
    y: Int32Array.from(products, ({y}) => y),
  },
  comparisons: [...comparisons.values()].map(({type, split, out, x}) => ({
    ...{type, split},
    out: Int32Array.from(out),
    x: Int32Array.from(x),
  })),
});

function compare({comparisons}: Draft, node: BitNode, {out, x}: {readonly out: number; readonly x: number}): void {
  const {type} = node;
  const split = splitOf(node);
  const name = `${type} ${split}`;
  const group = comparisons.get(name) ?? {type, split, out: [], x: []};
  group.out.push(out);
  group.x.push(x);
  comparisons.set(name, group);
}

function sumOf({type}: OperationNode, out: number, [a, b]: readonly [number, number]): Sum {
  if (type === "neg") return {out, a: ZERO, b: a, minus: true};
  return {out, a, b, minus: type !== "add"};
}
