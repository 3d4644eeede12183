/** The graph of a program as SVG: inputs on the left, outputs with a thick border. */
import {type Ir, isBitOperation, isOperationNode, isProduct, type Node} from "../../codecs/quorum/ir.js";
import {RuleError} from "../../errors.js";
import {layoutProgram, type Place} from "./layout.js";

/** Most nodes that are drawn: beyond, nobody reads the picture. */
export const PLOT_MAX_NODES = 2_000;

const BOX_HEIGHT = 34;
const ROW_GAP = 16;
const COLUMN_GAP = 56;
const MARGIN = 16;
const CHAR_WIDTH = 7.3;
const BOX_MIN_WIDTH = 44;
const BOX_PADDING = 18;
/** Longer names and constants are cut. */
const SHOWN_CHARS = 28;
const FILL = {
  input: "#dbeafe",
  secret: "#fecaca",
  const: "#f3f4f6",
  linear: "#ffffff",
  product: "#fde68a",
  bits: "#ddd6fe",
} as const;
const SIGN = {
  add: "+",
  sub: "\u2212",
  mul: "\u00d7",
  neg: "\u2212",
  mux: "mux",
  lt: "<",
  eq: "=",
  shr: "\u226b",
} as const;

const TIP =
  '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
  '<path d="M0 0L8 4L0 8z" fill="#6b7280"/></marker></defs>';

const short = (text: string): string =>
  [...text].length <= SHOWN_CHARS ? text : `${[...text].slice(0, SHOWN_CHARS - 1).join("")}\u2026`;
/** Text of an element: XML has no form for controls and lone surrogates. */
const xmlText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, "\ufffd")
    .replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);

function labelOf(node: Node): string {
  if (node.type === "input" || node.type === "secret") return short(node.id);
  if (node.type === "const") return short(`${node.id} = ${node.value}`);
  const sign = node.type === "shr" ? `${SIGN.shr}${node.bits}` : SIGN[node.type];
  return `${sign}  ${short(node.id)}`;
}

const fillOf = (node: Node): string => {
  if (!isOperationNode(node)) return FILL[node.type];
  if (isBitOperation(node)) return FILL.bits;
  return isProduct(node) ? FILL.product : FILL.linear;
};

interface Box {
  readonly left: number;
  readonly middle: number;
  readonly width: number;
}

/** @throws RuleError PLOT_TOO_LARGE */
export function plotProgram(ir: Ir): string {
  const {nodes, outputs} = ir;
  if (nodes.length > PLOT_MAX_NODES)
    throw new RuleError("PLOT_TOO_LARGE", `${nodes.length} nodes, at most ${PLOT_MAX_NODES} are drawn`, {
      hint: "plot a part of the program, or compile it with --optimize",
    });
  const {boxes, width, height} = boxesOf(nodes, layoutProgram(ir));
  const isOutput = new Set(outputs);
  const edges = nodes
    .filter(isOperationNode)
    .flatMap((node) =>
      node.inputs.map((name, at) => edgeText(boxes.get(name)!, boxes.get(node.id)!, at - (node.inputs.length - 1) / 2)),
    );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="12">`,
    TIP,
    ...edges,
    ...nodes.map((node) => boxText(node, boxes.get(node.id)!, isOutput.has(node.id))),
    "</svg>",
    "",
  ].join("\n");
}

function boxesOf(nodes: readonly Node[], places: ReadonlyMap<string, Place>) {
  const widthOf = (node: Node): number =>
    Math.max(BOX_MIN_WIDTH, Math.ceil([...labelOf(node)].length * CHAR_WIDTH) + BOX_PADDING);
  const columns: {width: number; count: number}[] = [];
  for (const node of nodes) {
    const {column} = places.get(node.id)!;
    const known = columns[column] ?? {width: 0, count: 0};
    columns[column] = {width: Math.max(known.width, widthOf(node)), count: known.count + 1};
  }
  const starts = columns.map((_, at) => columns.slice(0, at).reduce((x, {width}) => x + width + COLUMN_GAP, MARGIN));
  const tallest = Math.max(...columns.map(({count}) => count));
  const step = BOX_HEIGHT + ROW_GAP;
  const boxes = new Map<string, Box>();
  for (const node of nodes) {
    const {column, row} = places.get(node.id)!;
    const {width, count} = columns[column]!;
    const own = widthOf(node);
    const top = MARGIN + ((tallest - count) * step) / 2;
    boxes.set(node.id, {
      left: starts[column]! + (width - own) / 2,
      middle: top + row * step + BOX_HEIGHT / 2,
      width: own,
    });
  }
  const last = columns.length - 1;
  return {
    boxes,
    width: starts[last]! + columns[last]!.width + MARGIN,
    height: 2 * MARGIN + tallest * step - ROW_GAP,
  };
}

const fixed = (value: number): string => value.toFixed(1);

/** A curve into the left side; operands enter a little apart. */
function edgeText(from: Box, to: Box, offset: number): string {
  const [x1, y1] = [from.left + from.width, from.middle];
  const [x2, y2] = [to.left, to.middle + offset * 8];
  const bend = (x1 + x2) / 2;
  return `<path d="M${fixed(x1)} ${fixed(y1)}C${fixed(bend)} ${fixed(y1)} ${fixed(bend)} ${fixed(y2)} ${fixed(x2)} ${fixed(y2)}" fill="none" stroke="#6b7280" marker-end="url(#tip)"/>`;
}

function boxText(node: Node, {left, middle, width}: Box, isOutput: boolean): string {
  const shape = `<rect x="${fixed(left)}" y="${fixed(middle - BOX_HEIGHT / 2)}" width="${width}" height="${BOX_HEIGHT}" rx="6" fill="${fillOf(node)}" stroke="#111827" stroke-width="${isOutput ? 2.5 : 1}"/>`;
  const text = `<text x="${fixed(left + width / 2)}" y="${fixed(middle + 4)}" text-anchor="middle">${xmlText(labelOf(node))}</text>`;
  const title = `<title>${xmlText(`${node.type} ${node.id}`)}${isOutput ? " (output)" : ""}</title>`;
  return `<g>${title}${shape}${text}</g>`;
}
