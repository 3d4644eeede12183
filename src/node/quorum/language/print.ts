/** A program as source text again: what `compile` gives the same IR for. */
import type {Ir, Node} from "../../../codecs/quorum/ir.js";

const ASSIGNED = (node: Node): string => {
  if (node.type === "input" || node.type === "secret") return `${node.type} ${node.id}`;
  if (node.type === "const") return `const ${node.id} = ${node.value}`;
  const bits = node.type === "shr" ? [node.bits] : [];
  return `${node.type} ${node.id} = ${[...node.inputs, ...bits].join(" ")}`;
};

/**
 * Source of `ir`, macros expanded. Names that are no single word of the language do not survive; compiled programs
 * have none.
 */
export const printSource = ({nodes, outputs}: Ir): string =>
  [...nodes.map(ASSIGNED), `output ${outputs.join(" ")}`, ""].join("\n");
