import type {Command} from "commander";
import {secretNames} from "../../codecs/quorum/ir.js";
import {evaluateInProcess} from "../../node/quorum/custodian/in-process.js";
import {signed} from "../../node/quorum/field/field.js";
import {fieldSource} from "../../node/quorum/field/random.js";
import {evaluate, inputNames} from "../../node/quorum/program/evaluate.js";
import {defineCommand} from "../define.js";
import {countFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {parseInputs} from "./assignments.js";
import {readProgram} from "./program-file.js";
import {readSecrets, SECRETS_FLAG} from "./secrets-file.js";

interface Flags {
  readonly set?: readonly string[];
  readonly secretsFile?: string;
  readonly custodians?: number;
  readonly threshold: number;
  readonly signed: boolean;
}

export const quorumRunCommand = (io: Io): Command =>
  defineCommand("quorum run", {
    summary: "try a program out on this machine",
    description:
      "Evaluates a package or source text: in the clear, or with --custodians on shares, all custodians in this process. " +
      "Either way nothing is private here: it is for trying programs out. Prints a record of name and value for each " +
      "output, in decimal digits modulo p = 2^127 - 1. Works offline.",
    examples: [
      {does: "in the clear", run: "qsdm quorum run square.qvm --set x=3"},
      {
        does: "on the shares of three custodians, any two of whom suffice",
        run: "qsdm quorum run square.qvm --set x=3 --custodians 3",
      },
    ],
    exit: {3: "The file is no program."},
    seeAlso: ["quorum compile", "quorum lint"],
  })
    .argument("<file>", "package or source; - reads standard input")
    .option("--set <name=value>", "value of one input, once for each", repeatFlag)
    .option("--secrets-file <path>", SECRETS_FLAG)
    .option("--custodians <n>", "evaluate on shares of this many custodians (default: in the clear)", countFlag(1, 64))
    .option("--threshold <k>", "custodians that suffice to open a value", countFlag(1, 64), 2)
    .option("--signed", "print values above (p-1)/2 as negative numbers", false)
    .action(async (path: string, flags: Flags) => {
      const {ir, programId} = (await readProgram(io, path)).program;
      const inputs = parseInputs(flags.set ?? [], inputNames(ir));
      const secrets = await readSecrets(io, flags.secretsFile, secretNames(ir));
      const draw = fieldSource((size) => io.host.randomBytes(size));
      const trace =
        flags.custodians === undefined
          ? null
          : evaluateInProcess(ir, {inputs, secrets}, {n: flags.custodians, k: flags.threshold}, draw);
      const results = [...(trace?.results ?? evaluate(ir, {inputs, secrets}))].map(
        ([name, value]) => [name, flags.signed ? signed(value) : value] as const,
      );
      const rounds = trace === null ? {} : {rounds: trace.rounds.map((round) => round.map(({node}) => node))};
      io.result({program_id: programId, results: Object.fromEntries(results), ...rounds}, results);
    });
