/** What custodians run for a package: its program, with what its policy does to the outputs. */
import type {Ir, Node} from "../../../codecs/quorum/ir.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";

/** By program, then by bits. */
const rounded = new WeakMap<Ir, Map<bigint, Ir>>();

/**
 * The program of a package as it runs, with as many outputs in the same order. What it costs, what is shown of that, what is
 * reserved for it and what it gives in the clear are those of this one.
 */
export function runningIr({ir, policy: {outputRoundingBits: bits}}: Pick<ProgramPackage, "ir" | "policy">): Ir {
  if (bits === undefined) return ir;
  const known = rounded.get(ir) ?? new Map<bigint, Ir>();
  rounded.set(ir, known);
  const running = known.get(bits) ?? roundDown(ir, Number(bits));
  known.set(bits, running);
  return running;
}

/**
 * Outputs rounded down to multiples of 2^bits before anybody opens them: divided by a shift, and brought back by sums, which
 * take no triple where a product with a constant would.
 */
function roundDown({nodes, outputs}: Ir, bits: number): Ir {
  const prefix = unusedPrefix(nodes);
  const added: Node[] = [];
  const nameOf = (at: number, step: number): string => `${prefix}${at}/${step}`;
  for (const [at, output] of outputs.entries()) {
    added.push({type: "shr", id: nameOf(at, 0), inputs: [output], bits});
    for (let step = 1; step <= bits; step++) {
      const before = nameOf(at, step - 1);
      added.push({type: "add", id: nameOf(at, step), inputs: [before, before]});
    }
  }
  return {nodes: [...nodes, ...added], outputs: outputs.map((_, at) => nameOf(at, bits))};
}

/** What no name of the program starts with. */
function unusedPrefix(nodes: readonly Node[]): string {
  let prefix = "rounded/";
  while (nodes.some(({id}) => id.startsWith(prefix))) prefix += "/";
  return prefix;
}
