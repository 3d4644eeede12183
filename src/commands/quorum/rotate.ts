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
import {addPartyFlags, isStrict, type PartyFlags} from "./strict/files.js";
import {rotateStrictly} from "./strict/rotate.js";

interface Flags extends CoordinatorFlags, PartyFlags {
  readonly retire?: readonly string[];
  readonly onboard?: readonly string[];
  readonly to?: string;
  readonly toKey?: string;
  readonly without?: readonly string[];
  readonly keep: boolean;
}

const INDEX_MAX = 65_535;

export const quorumRotateCommand = (io: Io): Command =>
  addPartyFlags(
    addCoordinatorFlag(
      defineCommand("quorum rotate", {
        summary: "change the custodians",
        description:
          "Takes custodians out and brings new ones in: newcomers get shares of their own, those who stay renew theirs, and " +
          "those who leave forget theirs. Triples are dealt anew. Asks before it does so. Prints the indices of those who " +
          "stay. A newcomer's index is one less than the x under which it joins, the next free one; start it with that " +
          "--index.\n\n" +
          "With --roster and --to, all secrets go from the custodians of one roster to those of the next, of any number and " +
          "threshold. Both sets run meanwhile. What the old ones seal to the new ones is checked before it is used: a custodian " +
          "that hands over something else is noticed, and named where enough take part. Then the old ones erase keys, secrets " +
          "and stock, and sign that they did. Programs are approved anew, under the new roster. Prints programs, custodians " +
          "that handed over, and names of those who erased.\n\n" +
          "A program that the next custodians could not run is named before anything is handed over. --without leaves it " +
          "behind, once as many custodians suspended it as open a value; where the present ones then erase what they have, " +
          "its secrets are gone.",
        examples: [
          {
            does: "custodian 3 in the place of custodian 2",
            run: "qsdm quorum rotate PROGRAM_ID --retire 2 --onboard http://127.0.0.1:9103",
          },
          {
            does: "from one roster to the next",
            run:
              "qsdm quorum rotate --roster quorum.roster --key custodian-0.key \\\n" +
              "    --to next.roster --to-key next-0.key",
          },
          {
            does: "and without a program that is suspended",
            run:
              "qsdm quorum rotate --roster quorum.roster --key custodian-0.key \\\n" +
              "    --to next.roster --to-key next-0.key --without PROGRAM_ID",
          },
        ],
        exit: {3: "Too few would stay, or the program is not active.", 4: "Too few custodians took part."},
        seeAlso: ["quorum roster create", "quorum roster sign", "quorum reshare", "quorum custodian"],
      }),
    ),
  )
    .argument("[program-id]", "64 hex digits; none with --roster, where it is all programs", programIdArgument)
    .option("--retire <index>", "a custodian to take out, once for each", repeatFlag)
    .option("--onboard <url>", "a custodian to bring in, once for each", repeatFlag)
    .option("--to <path>", "with --roster, the next roster, agreed to and signed")
    .option("--to-key <path>", "key of a custodian of the next roster")
    .option(
      "--without <name|program-id>",
      "a present custodian whose part is not used, or a suspended program that is left behind, once for each",
      repeatFlag,
    )
    .option("--keep", "let the present custodians keep what they have", false)
    .action(async (programId: string | undefined, {retire = [], onboard = [], ...flags}: Flags) => {
      if (isStrict(flags)) return rotateStrictly(io, flags);
      if (programId === undefined)
        throw new UsageError("PROGRAM_ID_REQUIRED", "which program?", {hint: "give its id, or --roster and --to"});
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
