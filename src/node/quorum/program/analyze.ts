/**
 * What can be said of a program before it runs: its cost, and how many answers give its constants and secrets away.
 *
 * A client may ask what its budget allows and interpolate the answers; no protocol on shares stops that. With d inputs
 * and total degree D there are C(d+D, D) coefficients, and as many answers always give the function. Known structure
 * needs fewer: u unknown constants and secrets fall to about u answers, and one more where squares leave a sign open.
 */
import {
  type Ir,
  isBitOperation,
  isOperationNode,
  isProduct,
  type Node,
  productNames,
  secretNames,
} from "../../../codecs/quorum/ir.js";
import {RuleError} from "../../../errors.js";
import {inputNames} from "./evaluate.js";
import {prune} from "./optimize.js";

/** How an output depends on the inputs, as far as the nodes show; what cancels is not seen. */
export type Structure = "constant" | "linear" | "square" | "univariate" | "multivariate" | "piecewise";

export interface OutputAnalysis {
  readonly name: string;
  /** Bound on the total degree in the inputs; `null` where it is no polynomial of them: it depends on their bits. */
  readonly degree: bigint | null;
  readonly structure: Structure;
  /** Inputs that it depends on. */
  readonly inputs: number;
  /** Constants and secrets that it depends on. */
  readonly unknowns: number;
  /** Answers that always give the function; `null` above 2^64. */
  readonly interpolationQueries: bigint | null;
  /** Answers that typically give constants and secrets to whoever knows the program's shape. 0 when there is none. */
  readonly extractionQueries: bigint;
}

export interface Analysis {
  readonly inputs: readonly string[];
  readonly constants: number;
  readonly secrets: readonly string[];
  /** Triples that one evaluation uses up. */
  readonly products: number;
  /** Longest chain of products: the rounds of an engine that opens a layer at once. */
  readonly depth: number;
  /** Rounds as the reference batches them. */
  readonly rounds: number;
  readonly outputs: readonly OutputAnalysis[];
}

/** Most nodes that are walked over, all outputs together. */
const MAX_STEPS = 20_000_000;

/** @throws RuleError ANALYSIS_TOO_LARGE */
export function analyze(ir: Ir): Analysis {
  if (ir.nodes.length * ir.outputs.length > MAX_STEPS)
    throw new RuleError("ANALYSIS_TOO_LARGE", `${ir.nodes.length} nodes times ${ir.outputs.length} outputs`, {
      hint: "analyze the outputs in several programs",
    });
  const degrees = new Map<string, bigint | null>();
  const depths = new Map<string, number>();
  for (const node of ir.nodes) {
    degrees.set(node.id, degreeOf(node, degrees));
    const below = isOperationNode(node) ? node.inputs.map((name) => depths.get(name)!) : [];
    depths.set(node.id, below.reduce((deepest, depth) => Math.max(deepest, depth), 0) + (isProduct(node) ? 1 : 0));
  }
  return {
    inputs: inputNames(ir),
    constants: ir.nodes.filter(({type}) => type === "const").length,
    secrets: secretNames(ir),
    products: productNames(ir).length,
    depth: [...depths.values()].reduce((deepest, depth) => Math.max(deepest, depth), 0),
    rounds: countRounds(ir),
    outputs: ir.outputs.map((name) => analyzeOutput({nodes: ir.nodes, outputs: [name]}, degrees)),
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

function analyzeOutput(ir: Ir, degrees: Degrees): OutputAnalysis {
  const [name = ""] = ir.outputs;
  const {nodes} = prune(ir);
  const degree = degrees.get(name) ?? null;
  const inputs = nodes.filter(({type}) => type === "input").length;
  const unknowns = nodes.filter(({type}) => type === "const" || type === "secret").length;
  const interpolationQueries = degree === null ? null : binomial(BigInt(inputs) + degree, degree);
  const structure = structureOf(nodes, {degree, inputs, degrees});
  const byUnknowns = BigInt(unknowns) + (degree === null || degree > 1n ? 1n : 0n);
  const least = interpolationQueries !== null && interpolationQueries < byUnknowns ? interpolationQueries : byUnknowns;
  return {
    name,
    degree,
    structure,
    inputs,
    unknowns,
    interpolationQueries,
    extractionQueries: unknowns === 0 ? 0n : least,
  };
}

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
