import type {Command} from "commander";
import {costUnder} from "../../node/quorum/policy/watch.js";
import {analyze} from "../../node/quorum/program/analyze.js";
import {lint} from "../../node/quorum/program/lint.js";
import {ELEMENT_BITS} from "../../node/quorum/program/range.js";
import {defineCommand} from "../define.js";
import {countFlag, u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {lintRefusal, readProgram} from "./program-file.js";

interface Flags {
  readonly budget?: bigint;
  readonly custodians: number;
  readonly threshold: number;
  readonly secretBits?: number;
  readonly denyWarnings: boolean;
}

/** Bytes of a field element. */
const ELEMENT_BYTES = 16;

export const quorumLintCommand = (io: Io): Command =>
  defineCommand("quorum lint", {
    summary: "say what a program gives away and what it costs",
    description:
      "Analyzes a package or source text before anyone approves it. For each output: its degree, its structure, how many " +
      "answers always give the function to whoever interpolates them, and how many typically give its constants. Then " +
      "findings: a budget that allows that many answers, a policy that allows none, unused wires, constants in clear, " +
      "more triples than custodians make, what comparing queries takes and when it comes too late, comparisons that such custodians cannot evaluate, products that cost a triple for nothing. Prints records: `output` name, degree, structure, inputs, unknowns, " +
      "interpolation queries, extraction queries, bits of an answer; `cost` products, comparisons and shifts, triples, rounds, depth, " +
      "bytes between custodians; then severity, code, wire, message. Works offline.\n\n" +
      "Triples, rounds and bytes are those of the strict profile, checks included. In the compat profile an evaluation takes a " +
      "triple for each product, and as many rounds as --json says in compat_rounds.\n\n" +
      "The counts are bounds on what a permitted client learns by asking. No protocol on shares makes them larger; a " +
      "smaller budget, fewer outputs or rounded ones do.\n\n" +
      "An output that compares or shifts is no polynomial: it has no degree, its structure is piecewise, and what counts is how " +
      "many bits an answer says. Outputs with secrets or constants in common answer together. --secret-bits is how many bits each secret and constant has. Without " +
      "it 16 are reckoned with for piecewise outputs, and for the others a whole element, of which an answer gives one: small " +
      "weights come several to an answer, when a client sends inputs far apart in size. Count those with --secret-bits.",
    examples: [
      {does: "look before approving", run: "qsdm quorum lint square.json"},
      {does: "fail a build on any warning", run: "qsdm quorum lint square.json --deny-warnings"},
    ],
    exit: {3: "The file is no program; or with --deny-warnings, there is a warning."},
    seeAlso: ["quorum inspect", "quorum compile"],
  })
    .argument("<file>", "package or source; - reads standard input")
    .option("--budget <n>", "judge by this budget (default: the package's own)", u64Flag)
    .option("--custodians <n>", "custodians that the cost is counted for", countFlag(1, 64), 3)
    .option("--threshold <k>", "how many of them open a value", countFlag(1, 64), 2)
    .option("--secret-bits <n>", "bits of each secret and constant (default: see above)", countFlag(1, ELEMENT_BITS))
    .option("--deny-warnings", "refuse a program with warnings", false)
    .action(async (path: string, {budget, custodians, threshold, secretBits, denyWarnings}: Flags) => {
      const {ir, policy, programId} = (await readProgram(io, path)).program;
      const analysis = analyze(ir, {secretBits, policy});
      const judged = budget === undefined ? policy : {...policy, budgetPerIdentity: budget};
      const findings = lint(ir, judged, {analysis, shape: {n: custodians, k: threshold}});
      const warnings = findings.filter(({severity}) => severity === "warning");
      if (denyWarnings && warnings.length > 0) throw lintRefusal(path, warnings);
      const {depth, rounds: compatRounds} = analysis;
      const {products, comparisons, triples, rounds} = costUnder({ir, policy});
      // What a triple is used for opens two values, and a comparison one more. Every custodian sends every other one its shares.
      const bytes = (2 * triples + comparisons) * custodians * (custodians - 1) * ELEMENT_BYTES;
      io.result(
        {
          program_id: programId,
          outputs: analysis.outputs.map((output) => ({
            name: output.name,
            degree: output.degree,
            structure: output.structure,
            inputs: output.inputs,
            unknowns: output.unknowns,
            answer_bits: output.answerBits,
            interpolation_queries: output.interpolationQueries,
            extraction_queries: output.extractionQueries,
          })),
          cost: {products, comparisons, triples, rounds, depth, compat_rounds: compatRounds, custodians, bytes},
          findings,
        },
        [
          ...analysis.outputs.map(({name, degree, structure, inputs, unknowns, answerBits, ...queries}) => [
            "output",
            name,
            degree,
            structure,
            inputs,
            unknowns,
            queries.interpolationQueries,
            queries.extractionQueries,
            answerBits,
          ]),
          ["cost", products, comparisons, triples, rounds, depth, bytes],
          ...findings.map(({severity, code, wire, message}) => [severity, code, wire, message]),
        ],
      );
    });
