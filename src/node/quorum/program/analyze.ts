/**
 * What can be said of a program before it runs: its shape, and how many answers give its constants and secrets away.
 *
 * A client may ask what its budget allows and interpolate the answers; no protocol on shares stops that. With d inputs
 * and total degree D there are C(d+D, D) coefficients, and as many answers always give the function. Known structure
 * needs fewer: u unknown constants and secrets fall to about u answers, and one more where squares leave a sign open. Where m
 * outputs have unknowns in common, an evaluation answers m times.
 *
 * An output that compares or shifts is no polynomial, and what counts is how much one answer says: u unknowns of b bits each
 * take u b / a answers of a bits, and no fewer unless they are guessed. Bisection comes near to that.
 */
import {
  type Ir,
  isBitOperation,
  isOperationNode,
  isProduct,
  type Node,
  secretNames,
} from "../../../codecs/quorum/ir.js";
import type {PolicyManifest} from "../../../codecs/quorum/policy.js";
import {RuleError} from "../../../errors.js";
import {bitsTogether, isUnknown} from "./common-unknowns.js";
import {inputNames} from "./evaluate.js";
import {prune} from "./optimize.js";
import {bitsOfWires, ELEMENT_BITS} from "./range.js";
import {runningIr} from "./running.js";

/** How an output depends on the inputs, as far as the nodes show; what cancels is not seen. */
export type Structure = "constant" | "linear" | "square" | "univariate" | "multivariate" | "piecewise";

export interface OutputAnalysis {
  readonly name: string;
  /** Bound on the total degree in the inputs; `null` where it is no polynomial of them: it depends on their bits. */
  readonly degree: bigint | null;
  readonly structure: Structure;
  /** Inputs that it depends on. */
  readonly inputs: number;
  /** Secrets and constants that it depends on; those that a statement brought along are known to everyone. */
  readonly unknowns: number;
  /** Bits that one answer says at most: 127 for a whole element, 1 for a comparison. */
  readonly answerBits: number;
  /** Answers that always give the function; `null` above 2^64, and where they are rounded: none then do for sure. */
  readonly interpolationQueries: bigint | null;
  /**
   * Answers that typically give constants and secrets to whoever knows the program's shape; of a piecewise output, those
   * without which they stay open. 0 when there is none.
   */
  readonly extractionQueries: bigint;
}

/** What is seen of a program as a whole, in one walk over it. */
export interface Outline {
  readonly inputs: readonly string[];
  readonly constants: number;
  readonly secrets: readonly string[];
  /** Longest chain of products, comparisons and shifts. */
  readonly depth: number;
  /** Rounds of products as the reference batches them; `null` where it has no such operation. */
  readonly rounds: number | null;
}

export interface Analysis extends Outline {
  readonly outputs: readonly OutputAnalysis[];
}

/** Most nodes that are walked over, all outputs together. */
const MAX_STEPS = 20_000_000;

/**
 * Bits that an unknown of a piecewise output is taken to have, where nobody says: as many as fractional bits. Of other
 * outputs it is a whole element, so that an answer gives about one.
 */
const UNKNOWN_BITS = 16;

export interface AnalyzeOptions {
  /** Bits of each unknown. Of small ones, one answer gives several: a client may send inputs of any size. */
  readonly secretBits?: number | undefined;
  /** What custodians do to the outputs. */
  readonly policy?: PolicyManifest;
}

export function outlineOf(ir: Ir): Outline {
  const depths = new Map<string, number>();
  for (const node of ir.nodes) {
    const below = isOperationNode(node) ? node.inputs.map((name) => depths.get(name)!) : [];
    const isLayer = isProduct(node) || isBitOperation(node);
    depths.set(node.id, below.reduce((deepest, depth) => Math.max(deepest, depth), 0) + (isLayer ? 1 : 0));
  }
  return {
    inputs: inputNames(ir),
    constants: ir.nodes.filter(({type}) => type === "const").length,
    secrets: secretNames(ir),
    depth: [...depths.values()].reduce((deepest, depth) => Math.max(deepest, depth), 0),
    rounds: ir.nodes.some(isBitOperation) ? null : countRounds(ir),
  };
}

/** Takes time for each output by itself, where `outlineOf` takes it once. @throws RuleError ANALYSIS_TOO_LARGE */
export function analyze(ir: Ir, {secretBits, policy = {}}: AnalyzeOptions = {}): Analysis {
  if (ir.nodes.length * ir.outputs.length > MAX_STEPS)
    throw new RuleError("ANALYSIS_TOO_LARGE", `${ir.nodes.length} nodes times ${ir.outputs.length} outputs`, {
      hint: "analyze the outputs in several programs",
    });
  const degrees = new Map<string, bigint | null>();
  for (const node of ir.nodes) degrees.set(node.id, degreeOf(node, degrees));
  const running = runningIr({ir, policy});
  const said = bitsOfWires(running);
  const bits = new Map(ir.outputs.map((name, at) => [name, said.get(running.outputs[at]!)!]));
  const together = bitsTogether(ir, bits);
  return {
    ...outlineOf(running),
    outputs: ir.outputs.map((name) =>
      analyzeOutput(
        {nodes: ir.nodes, outputs: [name]},
        {degrees, secretBits, answerBits: bits.get(name)!, allBits: together.get(name)!, isRounded: running !== ir},
      ),
    ),
  };
}

type Degrees = ReadonlyMap<string, bigint | null>;

function degreeOf(node: Node, degrees: Degrees): bigint | null {
  if (node.type === "input") return 1n;
  if (node.type === "const" || node.type === "secret") return 0n;
  const below = node.inputs.map((name) => degrees.get(name) ?? null);
  if (below.includes(null)) return null;
  const [a = 0n, b = 0n, c = 0n] = below as bigint[];
  if (isBitOperation(node)) return a === 0n && b === 0n ? 0n : null;
  const greater = (left: bigint, right: bigint): bigint => (left > right ? left : right);
  if (node.type === "mul") return a + b;
  if (node.type === "mux") return greater(a + greater(b, c), c);
  return greater(a, b);
}

function analyzeOutput(
  ir: Ir,
  {
    degrees,
    answerBits,
    allBits,
    secretBits,
    isRounded,
  }: {degrees: Degrees; answerBits: number; allBits: number; secretBits: number | undefined; isRounded: boolean},
): OutputAnalysis {
  const [name = ""] = ir.outputs;
  const {nodes} = prune(ir);
  const degree = degrees.get(name) ?? null;
  const inputs = nodes.filter(({type}) => type === "input").length;
  const unknowns = nodes.filter(isUnknown).length;
  const exact = degree === null ? null : binomial(BigInt(inputs) + degree, degree);
  const size = bySize(unknowns, secretBits ?? (degree === null ? UNKNOWN_BITS : ELEMENT_BITS), allBits);
  const queries = [
    ...(exact === null ? [] : [exact]),
    ...(degree === null ? [] : [BigInt(unknowns) + (degree > 1n ? 1n : 0n)]),
    ...(degree === null || secretBits !== undefined || allBits > answerBits ? [size] : []),
  ];
  const least = queries.reduce((a, b) => (a < b ? a : b));
  // Rounded answers give no more than exact ones, and what they have room for.
  const typical = isRounded && size > least ? size : least;
  return {
    name,
    degree,
    structure: structureOf(nodes, {degree, inputs, degrees}),
    inputs,
    unknowns,
    answerBits,
    interpolationQueries: isRounded ? null : exact,
    extractionQueries: unknowns === 0 || answerBits === 0 ? 0n : typical,
  };
}

/** Answers of `answerBits` that have room for so many unknowns. */
const bySize = (unknowns: number, bits: number, answerBits: number): bigint =>
  BigInt(Math.ceil((unknowns * bits) / Math.max(1, answerBits)));

function structureOf(
  nodes: readonly Node[],
  {degree, inputs, degrees}: {degree: bigint | null; inputs: number; degrees: Degrees},
): Structure {
  if (degree === null) return "piecewise";
  if (degree === 0n) return "constant";
  if (degree === 1n) return "linear";
  const products = nodes.filter((node) => isProduct(node) && degrees.get(node.id)! > 1n);
  const [only] = products;
  const isSquare =
    products.length === 1 && only!.type === "mul" && only.inputs[0] === only.inputs[1] && degrees.get(only.id) === 2n;
  if (isSquare) return "square";
  return inputs === 1 ? "univariate" : "multivariate";
}

/** C(n, k), `null` above 2^64. */
function binomial(n: bigint, k: bigint): bigint | null {
  const terms = k < n - k ? k : n - k;
  let value = 1n;
  for (let at = 1n; at <= terms; at++) {
    value = (value * (n - terms + at)) / at;
    if (value >> 64n > 0n) return null;
  }
  return value;
}

/** Batches of the step executor: products join a round only when they follow at once and need none of its results. */
function countRounds({nodes}: Ir): number {
  let rounds = 0;
  let batch: Set<string> | null = null;
  for (const node of nodes) {
    if (!isProduct(node)) {
      batch = null;
      continue;
    }
    if (batch === null || node.inputs.some((name) => batch!.has(name))) {
      batch = new Set();
      rounds++;
    }
    batch.add(node.id);
  }
  return rounds;
}
