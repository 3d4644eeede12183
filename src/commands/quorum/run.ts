import type {Command} from "commander";
import {type Ir, secretNames} from "../../codecs/quorum/ir.js";
import {UsageError} from "../../errors.js";
import {evaluateInProcess} from "../../node/quorum/custodian/in-process.js";
import {signed} from "../../node/quorum/field/field.js";
import {fieldSource} from "../../node/quorum/field/random.js";
import {evaluate, type Given, inputNames} from "../../node/quorum/program/evaluate.js";
import {runningIr} from "../../node/quorum/program/running.js";
import {rehearse} from "../../node/quorum/verified/rehearse.js";
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
  readonly verified: boolean;
  readonly signed: boolean;
}

export const quorumRunCommand = (io: Io): Command =>
  defineCommand("quorum run", {
    summary: "try a program out on this machine",
    description:
      "Evaluates a package or source text: in the clear, or with --custodians on shares, all custodians in this process. " +
      "With --verified they use the protocol that notices a custodian who cheats: triples without a dealer, authenticated " +
      "values, inputs masked by the client. " +
      "Either way nothing is private here: it is for trying programs out. Prints a record of name and value for each " +
      "output, in decimal digits modulo p = 2^127 - 1. Works offline.",
    examples: [
      {does: "in the clear", run: "qsdm quorum run square.qvm --set x=3"},
      {
        does: "on the shares of three custodians, any two of whom suffice",
        run: "qsdm quorum run square.qvm --set x=3 --custodians 3",
      },
      {
        does: "what the verified protocol costs, in rounds and bytes",
        run: "qsdm quorum run square.qvm --set x=3 --custodians 3 --verified --json",
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
    .option("--verified", "by the protocol that notices custodians who cheat; needs --custodians", false)
    .option("--signed", "print values above (p-1)/2 as negative numbers", false)
    .action(async (path: string, flags: Flags) => {
      const {program} = await readProgram(io, path);
      const {ir, programId} = program;
      const inputs = parseInputs(flags.set ?? [], inputNames(ir));
      const secrets = await readSecrets(io, flags.secretsFile, secretNames(ir));
      const {results, ...more} = await evaluateHere(
        runningIr(program),
        {inputs, secrets},
        {...flags, random: io.host.randomBytes},
      );
      // In their order: what runs may call them otherwise.
      const values = [...results.values()].map((value) => (flags.signed ? signed(value) : value));
      const shown = ir.outputs.map((name, at) => [name, values[at]!] as const);
      io.result({program_id: programId, results: Object.fromEntries(shown), ...more}, shown);
    });

/**
 * Results, and how they came about where they were computed on shares.
 * @throws UsageError CUSTODIANS_REQUIRED, and as the evaluations say
 */
async function evaluateHere(
  ir: Ir,
  given: Given,
  {
    custodians: n,
    threshold: k,
    verified,
    random,
  }: Pick<Flags, "custodians" | "threshold" | "verified"> & {
    readonly random: (size: number) => Uint8Array;
  },
) {
  if (n === undefined) {
    if (!verified) return {results: evaluate(ir, given)};
    throw new UsageError("CUSTODIANS_REQUIRED", "--verified is about custodians", {hint: "add --custodians 3"});
  }
  const draw = fieldSource(random);
  if (verified) {
    const {loadBackend} = await import("../../node/compute/backend.js");
    const {field} = await loadBackend();
    return rehearse(ir, given, {n, k, random, draw, field});
  }
  const {results, rounds} = evaluateInProcess(ir, given, {n, k}, draw);
  return {results, rounds: rounds.map((round) => round.map(({node}) => node))};
}
