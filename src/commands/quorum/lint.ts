import type {Command} from "commander";
import {analyze} from "../../node/quorum/program/analyze.js";
import {lint} from "../../node/quorum/program/lint.js";
import {defineCommand} from "../define.js";
import {countFlag, u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {lintRefusal, readProgram} from "./program-file.js";

interface Flags {
  readonly budget?: bigint;
  readonly custodians: number;
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
      "products that cost a triple for nothing. Prints records: `output` name, degree, structure, inputs, unknowns, " +
      "interpolation queries, extraction queries; `cost` triples, rounds, depth, bytes between custodians; then severity, " +
      "code, wire, message. Works offline.\n\n" +
      "The counts are bounds on what a permitted client learns by asking. No protocol on shares makes them larger; a " +
      "smaller budget, fewer outputs or rounded ones do.",
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
    .option("--deny-warnings", "refuse a program with warnings", false)
    .action(async (path: string, {budget, custodians, denyWarnings}: Flags) => {
      const {ir, policy, programId} = (await readProgram(io, path)).program;
      const analysis = analyze(ir);
      const findings = lint(ir, budget === undefined ? policy : {...policy, budgetPerIdentity: budget});
      const warnings = findings.filter(({severity}) => severity === "warning");
      if (denyWarnings && warnings.length > 0) throw lintRefusal(path, warnings);
      const {products, rounds, depth} = analysis;
      // Every custodian sends both masked operands of each product to every other one.
      const bytes = products * 2 * custodians * (custodians - 1) * ELEMENT_BYTES;
      io.result(
        {
          program_id: programId,
          outputs: analysis.outputs.map((output) => ({
            name: output.name,
            degree: output.degree,
            structure: output.structure,
            inputs: output.inputs,
            unknowns: output.unknowns,
            interpolation_queries: output.interpolationQueries,
            extraction_queries: output.extractionQueries,
          })),
          cost: {triples: products, rounds, depth, custodians, bytes},
          findings,
        },
        [
          ...analysis.outputs.map(({name, degree, structure, inputs, unknowns, ...queries}) => [
            "output",
            name,
            degree,
            structure,
            inputs,
            unknowns,
            queries.interpolationQueries,
            queries.extractionQueries,
          ]),
          ["cost", products, rounds, depth, bytes],
          ...findings.map(({severity, code, wire, message}) => [severity, code, wire, message]),
        ],
      );
    });
