import type {Command} from "commander";
import {isList, members, type Value} from "../../codecs/quorum/json.js";
import {UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import {countFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {
  addCoordinatorFlag,
  type CoordinatorFlags,
  integerIn,
  programIdArgument,
  serviceClient,
} from "./service-client.js";

interface Flags extends CoordinatorFlags {
  readonly retire?: readonly string[];
  readonly onboard?: readonly string[];
}

const INDEX_MAX = 65_535;

export const quorumRotateCommand = (io: Io): Command =>
  addCoordinatorFlag(
    defineCommand("quorum rotate", {
      summary: "change the custodians of a program",
      description:
        "Takes custodians out and brings new ones in: newcomers get shares of their own, those who stay renew theirs, and " +
        "those who leave forget theirs. Triples are dealt anew. Asks before it does so. Prints the indices of those who " +
        "stay. A newcomer's index is one less than the x under which it joins, the next free one; start it with that " +
        "--index.",
      examples: [
        {
          does: "custodian 3 in the place of custodian 2",
          run: "qsdm quorum rotate PROGRAM_ID --retire 2 --onboard http://127.0.0.1:9103",
        },
      ],
      exit: {3: "Too few would stay, or the program is not active.", 4: "Too few custodians took part."},
      seeAlso: ["quorum reshare", "quorum custodian"],
    }),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .option("--retire <index>", "a custodian to take out, once for each", repeatFlag)
    .option("--onboard <url>", "a custodian to bring in, once for each", repeatFlag)
    .action(async (programId: string, {retire = [], onboard = [], ...flags}: Flags) => {
      const indices = retire.map((text) => countFlag(0, INDEX_MAX)(text));
      if (indices.length === 0 && onboard.length === 0)
        throw new UsageError("ROTATION_EMPTY", "nobody leaves and nobody joins", {hint: "give --retire or --onboard"});
      const leave = indices.length === 0 ? "" : ` Custodians ${indices.join(", ")} forget their shares for good.`;
      await io.confirm(`Rotate the custodians of ${programId}?${leave}`);
      const client = serviceClient(io, flags.coordinator, flags.timeout);
      const answer = await client.post(
        "/rotate",
        members({program_id: programId, retire_indices: indices.map(BigInt), onboard_urls: [...onboard]}),
      );
      const surviving = (answer.get("surviving") ?? []) as Value;
      const stay = isList(surviving) ? surviving.map(String) : [];
      const onboarded = integerIn(answer, "onboarded");
      io.result(
        {program_id: programId, retired: indices, onboarded, surviving: stay},
        stay.map((index) => [index]),
      );
    });
