/** Which outputs are about the same unknowns, so that an answer of one says something of another's. */
import {type Ir, isOperationNode, type Node} from "../../../codecs/quorum/ir.js";
import {isGenerated} from "../language/draft.js";
import {prune} from "./optimize.js";

/** A secret, or a constant of the author's. */
export const isUnknown = ({type, id}: Node): boolean => type === "secret" || (type === "const" && !isGenerated(id));

/**
 * Bits that one evaluation answers with on each output's unknowns, by output: its own, and those of every output that has
 * unknowns in common with it, or with one that has.
 */
export function bitsTogether(ir: Ir, bitsOf: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  // A forest: each wire that depends on unknowns leads to another of its group, and the first of a group to itself.
  const leads = new Map<string, string>();
  const firstOf = (name: string): string => {
    let at = name;
    for (let next = leads.get(at)!; next !== at; next = leads.get(at)!) {
      leads.set(at, leads.get(next)!);
      at = next;
    }
    return at;
  };
  for (const node of prune(ir).nodes) {
    if (isUnknown(node)) leads.set(node.id, node.id);
    const [one, ...others] = isOperationNode(node) ? node.inputs.filter((name) => leads.has(name)) : [];
    if (one === undefined) continue;
    const first = firstOf(one);
    leads.set(node.id, first);
    for (const other of others) leads.set(firstOf(other), first);
  }
  const groupOf = (output: string): string => (leads.has(output) ? firstOf(output) : output);
  const sums = new Map<string, number>();
  for (const output of ir.outputs) {
    const group = groupOf(output);
    sums.set(group, (sums.get(group) ?? 0) + bitsOf.get(output)!);
  }
  return new Map(ir.outputs.map((output) => [output, sums.get(groupOf(output))!]));
}
