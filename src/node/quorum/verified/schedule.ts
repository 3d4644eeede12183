/** When each node of a program can begin, and when its value is there: in rounds of messages since the evaluation began. */
import {type Ir, isBitOperation, isOperationNode, isProduct, type Node} from "../../../codecs/quorum/ir.js";
import {MASK_ROUNDS} from "./bit-masks.js";
import {comparisonCost, splitOf} from "./comparison.js";

export interface Time {
  readonly begins: number;
  readonly ready: number;
}

/** In the order of the nodes: as early as their operands are there, and comparisons once there are masks. */
export function scheduleOf({nodes}: Ir): readonly Time[] {
  const ready = new Map<string, number>();
  return nodes.map((node) => {
    const inputs = isOperationNode(node) ? node.inputs : [];
    const operands = inputs.reduce((latest, name) => Math.max(latest, ready.get(name)!), 0);
    const begins = isBitOperation(node) ? Math.max(operands, MASK_ROUNDS) : operands;
    const time = {begins, ready: begins + roundsOf(node)};
    ready.set(node.id, time.ready);
    return time;
  });
}

function roundsOf(node: Node): number {
  if (isBitOperation(node)) return comparisonCost(splitOf(node)).rounds;
  return isProduct(node) ? 1 : 0;
}
