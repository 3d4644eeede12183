/** A program as what an evaluation does step by step: wires by number, and products of one depth together. */
import {type Ir, isProduct, type Node, type OperationNode, secretNames} from "../../../codecs/quorum/ir.js";
import {packElements} from "../field/bytes.js";
import type {Sum, Vector} from "../field/vector.js";
import {checkArithmetic} from "../program/arithmetic.js";
import {inputNames} from "../program/evaluate.js";

/** Wires of the results, of the first and the second operands. */
export interface Products {
  readonly out: Int32Array;
  readonly x: Int32Array;
  readonly y: Int32Array;
}

export interface Layer {
  /** What a product takes that is no wire of the program. */
  readonly before: readonly Sum[];
  readonly products: Products;
  readonly after: readonly Sum[];
}

export interface Plan {
  /** How many there are; the first is 0 for good. */
  readonly wires: number;
  /** Wires of inputs and secrets, in the order of their names. */
  readonly inputs: Int32Array;
  readonly secrets: Int32Array;
  readonly constants: {readonly wires: Int32Array; readonly values: Vector};
  readonly layers: readonly Layer[];
  readonly outputs: Int32Array;
}

const ZERO = 0;
const plans = new WeakMap<Ir, Plan>();

/** The plan of a program, made once. @throws RuleError OPERATION_UNSUPPORTED */
export function planOf(ir: Ir): Plan {
  const known = plans.get(ir);
  if (known) return known;
  checkArithmetic(ir);
  const plan = makePlan(ir);
  plans.set(ir, plan);
  return plan;
}

interface Draft {
  readonly before: Sum[];
  readonly products: {readonly out: number; readonly x: number; readonly y: number}[];
  readonly after: Sum[];
}

function makePlan(ir: Ir): Plan {
  const numbers = new Map<string, number>();
  let wires = ZERO + 1;
  const wireOf = (name: string): number => numbers.get(name)!;
  const place = (names: readonly string[]): Int32Array => Int32Array.from(names, wireOf);
  for (const {id} of ir.nodes) numbers.set(id, wires++);
  const layers: Draft[] = [];
  for (const {node, depth} of byDepth(ir)) {
    while (layers.length <= depth) layers.push({before: [], products: [], after: []});
    const layer = layers[depth]!;
    const out = wireOf(node.id);
    if (isProduct(node)) {
      const [x = ZERO, y = ZERO, other = ZERO] = node.inputs.map(wireOf);
      if (node.type === "mux") {
        // s (a - b) + b
        const [difference, product] = [wires++, wires++];
        layer.before.push({out: difference, a: y, b: other, minus: true});
        layer.products.push({out: product, x, y: difference});
        layer.after.push({out, a: product, b: other, minus: false});
      } else layer.products.push({out, x, y});
    } else if ("inputs" in node) layer.after.push(sumOf(node, out, node.inputs.map(wireOf)));
  }
  const constants = ir.nodes.flatMap((node) => (node.type === "const" ? [node] : []));
  return {
    wires,
    inputs: place(inputNames(ir)),
    secrets: place(secretNames(ir)),
    constants: {wires: place(constants.map(({id}) => id)), values: packElements(constants.map(({value}) => value))},
    layers: layers.map(({before, products, after}) => ({
      before,
      products: {
        out: Int32Array.from(products, ({out}) => out),
        x: Int32Array.from(products, ({x}) => x),
        y: Int32Array.from(products, ({y}) => y),
      },
      after,
    })),
    outputs: place(ir.outputs),
  };
}

/** Nodes with how many products lie on the way to them, in their order. */
function byDepth({nodes}: Ir): readonly {readonly node: Node; readonly depth: number}[] {
  const depths = new Map<string, number>();
  return nodes.map((node) => {
    const below = "inputs" in node ? node.inputs.reduce((most, name) => Math.max(most, depths.get(name)!), 0) : 0;
    const depth = isProduct(node) ? below + 1 : below;
    depths.set(node.id, depth);
    return {node, depth};
  });
}

function sumOf({type}: OperationNode, out: number, [a = ZERO, b = ZERO]: readonly number[]): Sum {
  if (type === "neg") return {out, a: ZERO, b: a, minus: true};
  return {out, a, b, minus: type !== "add"};
}
