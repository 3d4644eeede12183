/** Several evaluations of one program as one of a wider program: what lies side by side shares its rounds. */
import type {Ir, Node} from "../../../codecs/quorum/ir.js";

/** Nodes of a wider program: one that has as many alone gains little. */
const NODES_MAX = 8_192;
/** Wider programs that are kept. */
const KEPT = 32;
/** Oldest first. */
const kept: {readonly ir: Ir; readonly count: number; readonly wide: Ir}[] = [];

/**
 * The program whose inputs, and outputs, are those of `count` copies of `ir`, one copy after the other. Secrets and constants
 * are there once, for all of them.
 */
export function sideBySide(ir: Ir, count: number): Ir {
  if (count === 1) return ir;
  const found = kept.find((each) => each.ir === ir && each.count === count);
  if (found) return found.wide;
  const wide = copiesOf(ir, count);
  kept.push({ir, count, wide});
  if (kept.length > KEPT) kept.shift();
  return wide;
}

/** Copies of a program that may lie side by side. */
export const copiesMax = ({nodes}: Ir): number => Math.max(1, Math.floor(NODES_MAX / nodes.length));

function copiesOf({nodes, outputs}: Ir, count: number): Ir {
  const shared = new Set(nodes.flatMap(({type, id}) => (type === "secret" || type === "const" ? [id] : [])));
  // What stands before the first slash tells whose it is, whatever the program calls its wires.
  const nameIn = (copy: number, id: string): string => (shared.has(id) ? `/${id}` : `${copy}/${id}`);
  const nodeIn = (copy: number, node: Node): Node =>
    "inputs" in node
      ? {...node, id: nameIn(copy, node.id), inputs: node.inputs.map((id) => nameIn(copy, id))}
      : {...node, id: nameIn(copy, node.id)};
  const copies = Array.from({length: count}, (_, copy) => copy);
  return {
    nodes: copies.flatMap((copy) =>
      nodes.flatMap((node) => (copy > 0 && shared.has(node.id) ? [] : [nodeIn(copy, node)])),
    ),
    outputs: copies.flatMap((copy) => outputs.map((id) => nameIn(copy, id))),
  };
}
