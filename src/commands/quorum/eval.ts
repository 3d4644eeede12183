import type {Command} from "commander";
import {isObject, members, type ValueObject} from "../../codecs/quorum/json.js";
import {signed} from "../../node/quorum/field/field.js";
import {defineCommand} from "../define.js";
import {repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {parseAssignments} from "./assignments.js";
import {
  addCoordinatorFlag,
  type CoordinatorFlags,
  integerIn,
  programIdArgument,
  serviceClient,
  textIn,
} from "./service-client.js";

interface Flags extends CoordinatorFlags {
  readonly set?: readonly string[];
  readonly identity: string;
  readonly signed: boolean;
}

export const quorumEvalCommand = (io: Io): Command =>
  addCoordinatorFlag(
    defineCommand("quorum eval", {
      summary: "have the custodians evaluate a program",
      description:
        "Asks the coordinator for one evaluation and prints a record of name and value for each result; a program with " +
        "one output prints it under the name result. The evaluation is charged to the identity's budget; a refused or " +
        "failed one is not.",
      examples: [{does: "f(3)", run: "qsdm quorum eval PROGRAM_ID --set x=3 --identity alice"}],
      exit: {3: "Budget, rate or pool is exhausted, or the program is not active.", 4: "Too few custodians answer."},
      seeAlso: ["quorum deploy", "quorum pool", "quorum run"],
    }),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .option("--set <name=value>", "value of one input, once for each", repeatFlag)
    .requiredOption("--identity <name>", "whose budget is charged")
    .option("--signed", "print values above (p-1)/2 as negative numbers", false)
    .action(async (programId: string, flags: Flags) => {
      const inputs = parseAssignments(flags.set ?? []);
      const client = serviceClient(io, flags.coordinator, flags.timeout);
      const body = members({identity_id: flags.identity, program_id: programId, inputs});
      const answer = await client.post("/eval", body);
      const results = resultsOf(answer).map(([name, value]) => [name, flags.signed ? signed(value) : value] as const);
      io.result(
        {program_id: programId, request_id: textIn(answer, "request_id"), results: Object.fromEntries(results)},
        results,
      );
    });

function resultsOf(answer: ValueObject): readonly (readonly [string, bigint])[] {
  const all = answer.get("results");
  if (!isObject(all)) return [["result", integerIn(answer, "result")]];
  return [...all.keys()].map((name) => [name, integerIn(all, name)] as const);
}
