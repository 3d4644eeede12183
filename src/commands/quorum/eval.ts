import type {Command} from "commander";
import {isObject, members, type ValueObject} from "../../codecs/quorum/json.js";
import {UsageError} from "../../errors.js";
import {signed} from "../../node/quorum/field/field.js";
import {inputNames} from "../../node/quorum/program/evaluate.js";
import {defineCommand} from "../define.js";
import {repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {parseAssignments, parseInputs} from "./assignments.js";
import {
  addCoordinatorFlag,
  type CoordinatorFlags,
  integerIn,
  programIdArgument,
  serviceClient,
  textIn,
} from "./service-client.js";
import {addPartyFlags, atCoordinator, isStrict, type PartyFlags, type StrictFlags} from "./strict/files.js";

interface Flags extends CoordinatorFlags, PartyFlags {
  readonly set?: readonly string[];
  readonly identity?: string;
  readonly signed: boolean;
}

export const quorumEvalCommand = (io: Io): Command =>
  addPartyFlags(
    addCoordinatorFlag(
      defineCommand("quorum eval", {
        summary: "have the custodians evaluate a program",
        description:
          "Asks the coordinator for one evaluation and prints a record of name and value for each result; a program with " +
          "one output prints it under the name result. The evaluation is charged to the identity's budget; a refused or " +
          "failed one is not.\n\n" +
          "With --roster and --key the strict profile is meant: inputs are masked here, results are unmasked here, and nobody " +
          "else sees either. The budget is the key's. Custodians that were left out or gave wrong shares are named, and --json has " +
          "the rounds, bytes and triples that it took.",
        examples: [
          {does: "f(3)", run: "qsdm quorum eval PROGRAM_ID --set x=3 --identity alice"},
          {
            does: "the same, seen by nobody else",
            run: "qsdm quorum eval PROGRAM_ID --set x=3 --roster quorum.roster --key alice.key",
          },
        ],
        exit: {
          3: "Budget, rate or pool is exhausted, the program is not active, or queries look like extraction.",
          4: "Too few custodians answer.",
        },
        seeAlso: ["quorum deploy", "quorum pool", "quorum run"],
      }),
    ),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .option("--set <name=value>", "value of one input, once for each", repeatFlag)
    .option("--identity <name>", "compat: whose budget is charged")
    .option("--signed", "print values above (p-1)/2 as negative numbers", false)
    .action(async (programId: string, flags: Flags) => {
      if (isStrict(flags)) return evaluateStrictly(io, programId, flags);
      const inputs = parseAssignments(flags.set ?? []);
      if (flags.identity === undefined)
        throw new UsageError("IDENTITY_REQUIRED", "nobody is charged", {
          hint: "add --identity NAME, or --roster and --key for the strict profile",
        });
      const client = serviceClient(io, flags.coordinator, flags.timeout);
      const body = members({identity_id: flags.identity, program_id: programId, inputs});
      const answer = await client.post("/eval", body);
      const results = resultsOf(answer).map(([name, value]) => [name, flags.signed ? signed(value) : value] as const);
      io.result(
        {program_id: programId, request_id: textIn(answer, "request_id"), results: Object.fromEntries(results)},
        results,
      );
    });

async function evaluateStrictly(io: Io, programId: string, flags: Flags & StrictFlags): Promise<void> {
  await atCoordinator(io, flags, async (client) => {
    const program = await client.program(programId);
    const inputs = parseInputs(flags.set ?? [], inputNames(program.ir));
    const {outputs, suspects, traffic} = await client.evaluate(program, inputs);
    if (suspects.length > 0) io.warn(`left out, for silence or for what they sent: ${suspects.join(", ")}`);
    const {attempts, rounds, bytes, triples, bits} = traffic;
    const [made, tried] = [
      bits > 0 ? `, ${bits} of them made random bits` : "",
      attempts > 1 ? `, attempt ${attempts}` : "",
    ];
    io.note(`${rounds} rounds, ${bytes} bytes between custodians, ${triples} triples${made}${tried}`);
    const results = [...outputs].map(([name, value]) => [name, flags.signed ? signed(value) : value] as const);
    io.result({program_id: programId, results: Object.fromEntries(results), suspects, traffic}, results);
  });
}

function resultsOf(answer: ValueObject): readonly (readonly [string, bigint])[] {
  const all = answer.get("results");
  if (!isObject(all)) return [["result", integerIn(answer, "result")]];
  return [...all.keys()].map((name) => [name, integerIn(all, name)] as const);
}
