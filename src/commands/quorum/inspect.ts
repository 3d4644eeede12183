import type {Command} from "commander";
import {utf8} from "../../codecs/bytes.js";
import {printSource} from "../../node/quorum/language/print.js";
import {costUnder} from "../../node/quorum/policy/watch.js";
import {outlineOf} from "../../node/quorum/program/analyze.js";
import {runningIr} from "../../node/quorum/program/running.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {plotProgram} from "./plot.js";
import {policyDocument} from "./policy.js";
import {readProgram} from "./program-file.js";

interface Flags {
  readonly plot?: string;
  readonly source: boolean;
  readonly force: boolean;
}

export const quorumInspectCommand = (io: Io): Command =>
  defineCommand("quorum inspect", {
    summary: "show what a program takes, gives and costs",
    description:
      "Reads a package, whose id it recomputes, or source text. Prints id, version, inputs, secrets, outputs, constants, products, " +
      "comparisons, depth, the triples and rounds that an evaluation takes in the strict profile, the rounds in the compat " +
      "profile, and policy, one record each. --plot draws the graph: inputs " +
      "blue, secrets red, constants grey, products yellow, comparisons and shifts violet, outputs with a thick border. Works offline.",
    examples: [
      {does: "what is approved here?", run: "qsdm quorum inspect square.json"},
      {does: "a picture of it", run: "qsdm quorum inspect square.json --plot square.svg"},
      {does: "the statements, macros expanded", run: "qsdm quorum inspect square.json --source"},
    ],
    files: {"--plot": "The graph as SVG."},
    exit: {3: "The file is no program, or its content is not what its id says."},
    seeAlso: ["quorum lint", "quorum compile"],
  })
    .argument("<file>", "package or source; - reads standard input")
    .option("--plot <path>", "draw the program's graph into this file, as SVG")
    .option("--source", "print the program as source text instead", false)
    .option("--force", "replace an existing file", false)
    .action(async (path: string, flags: Flags) => {
      const {kind, program} = await readProgram(io, path);
      const {programId, version, ir, policy, secretNames} = program;
      const source = printSource(ir);
      const running = runningIr(program);
      if (flags.plot !== undefined) await io.writeFile(flags.plot, utf8(plotProgram(ir)), {force: flags.force});
      const {inputs, constants, depth, rounds: compatRounds} = outlineOf(running);
      const {products, comparisons, triples, rounds} = costUnder(program);
      const data = {
        kind,
        program_id: programId,
        version,
        inputs,
        secrets: secretNames,
        outputs: ir.outputs,
        nodes: ir.nodes.length,
        constants,
        products,
        comparisons,
        depth,
        triples,
        rounds,
        compat_rounds: compatRounds,
        policy: policyDocument(policy),
        ...(flags.plot === undefined ? {} : {plot: flags.plot}),
        ...(flags.source ? {source} : {}),
      };
      if (flags.source) return io.result(data, source.trimEnd());
      const {policy: limits, inputs: names, secrets, outputs, ...rest} = data;
      io.result(data, [
        ...Object.entries(rest),
        ["inputs", ...names],
        ["secrets", ...secrets],
        ["outputs", ...outputs],
        ...Object.entries(limits),
      ]);
    });
