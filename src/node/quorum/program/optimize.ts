/**
 * Optimizer: the same function with fewer nodes, under another program id. Where the reference changes what a program
 * computes (it merges inputs, renames outputs and confuses names that contain `|`), this one does not.
 */
import type {Ir, Node} from "../../../codecs/quorum/ir.js";
import {isOperationNode} from "../../../codecs/quorum/ir.js";

/**
 * Common-subexpression elimination: a node equal to an earlier one is dropped and its users take the earlier one.
 * Inputs and secrets are never equal, and outputs are never dropped. Constants compare unreduced, operands in order.
 */
export function eliminateCommon({nodes, outputs}: Ir): Ir {
  const kept: Node[] = [];
  const replacement = new Map<string, string>();
  const earlier = new Map<string, string>();
  const isOutput = new Set(outputs);
  for (const node of nodes) {
    const rewritten = isOperationNode(node)
      ? {...node, inputs: node.inputs.map((name) => replacement.get(name) ?? name)}
      : node;
    const signature = signatureOf(rewritten);
    const same = signature === null ? undefined : earlier.get(signature);
    if (same !== undefined && !isOutput.has(node.id)) {
      replacement.set(node.id, same);
      continue;
    }
    if (signature !== null && same === undefined) earlier.set(signature, node.id);
    kept.push(rewritten);
  }
  return {nodes: kept, outputs};
}

/** What a node computes, `null` for an input or a secret: its name is part of what it is. */
function signatureOf(node: Node): string | null {
  if (node.type === "input" || node.type === "secret") return null;
  if (node.type === "const") return JSON.stringify([node.type, `${node.value}`]);
  return JSON.stringify([node.type, node.type === "shr" ? node.bits : 0, ...node.inputs]);
}

/** Drops every node that no output needs, inputs too. */
export function prune({nodes, outputs}: Ir): Ir {
  const needed = new Set(outputs);
  for (const node of [...nodes].reverse())
    if (needed.has(node.id) && isOperationNode(node)) for (const name of node.inputs) needed.add(name);
  return {nodes: nodes.filter(({id}) => needed.has(id)), outputs};
}

export const optimize = (ir: Ir): Ir => prune(eliminateCommon(ir));
