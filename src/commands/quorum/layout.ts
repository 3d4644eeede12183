/**
 * Places of a program's nodes in columns: each as far right as its longest path, ordered within a column by where its
 * neighbours stand (Sugiyama's barycentres). A general layout engine took 88 s for a chain of a thousand nodes here,
 * because it routes every long edge through every column; this takes milliseconds and lets edges pass behind boxes.
 */
import {type Ir, isOperationNode} from "../../codecs/quorum/ir.js";

/** Column and row, from 0. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

/** Passes over all columns; more change little. */
const SWEEPS = 6;

export function layoutProgram({nodes}: Ir): ReadonlyMap<string, Place> {
  const columns = columnsOf(nodes);
  const users = new Map<string, string[]>();
  const operands = new Map(nodes.map((node) => [node.id, isOperationNode(node) ? node.inputs : []]));
  for (const [id, inputs] of operands)
    for (const input of inputs) {
      const known = users.get(input);
      if (known) known.push(id);
      else users.set(input, [id]);
    }
  const rows = new Map<string, number>();
  const number = (column: readonly string[]): void => {
    for (const [row, id] of column.entries()) rows.set(id, row - column.length / 2);
  };
  for (const column of columns) number(column);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const neighbours = sweep % 2 === 0 ? operands : users;
    for (const column of sweep % 2 === 0 ? columns : [...columns].reverse()) {
      const pull = new Map(column.map((id) => [id, mean(neighbours.get(id) ?? [], rows) ?? rows.get(id)!]));
      column.sort((a, b) => pull.get(a)! - pull.get(b)!);
      number(column);
    }
  }
  return new Map(columns.flatMap((column, at) => column.map((id, row) => [id, {column: at, row}] as const)));
}

function columnsOf(nodes: Ir["nodes"]): string[][] {
  const depth = new Map<string, number>();
  const columns: string[][] = [];
  for (const node of nodes) {
    const at = isOperationNode(node) ? 1 + Math.max(...node.inputs.map((name) => depth.get(name)!)) : 0;
    depth.set(node.id, at);
    columns[at] ??= [];
    columns[at].push(node.id);
  }
  return columns;
}

const mean = (ids: readonly string[], rows: ReadonlyMap<string, number>): number | null =>
  ids.length === 0 ? null : ids.reduce((sum, id) => sum + rows.get(id)!, 0) / ids.length;
