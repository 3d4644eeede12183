import type {Command} from "commander";
import {members} from "../../codecs/quorum/json.js";
import {UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import {repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {
  addCoordinatorFlag,
  type CoordinatorFlags,
  integerIn,
  programIdArgument,
  serviceClient,
} from "./service-client.js";
import {addPartyFlags, atCoordinator, isStrict, type PartyFlags, readParty, type StrictFlags} from "./strict/files.js";

interface Flags extends CoordinatorFlags, PartyFlags {
  readonly recover?: readonly string[];
}

/** New keys and new shares of every secret, in all custodians or in none. */
async function refreshStrictly(io: Io, flags: Flags & StrictFlags): Promise<void> {
  const {roster} = await readParty(io, flags);
  const recovering = (flags.recover ?? []).map((name) => {
    const place = roster.content.custodians.findIndex(({card}) => card.name === name);
    if (place < 0) throw new UsageError("CUSTODIAN_UNKNOWN", `no custodian of the roster is called ${name}`);
    return place;
  });
  const places = [...new Set(recovering)].sort((a, b) => a - b);
  const {epoch} = await atCoordinator(io, flags, (client) => client.call("refresh", {recovering: places}));
  io.result({epoch}, `${epoch}`);
}

export const quorumReshareCommand = (io: Io): Command =>
  addPartyFlags(
    addCoordinatorFlag(
      defineCommand("quorum reshare", {
        summary: "renew the shares of a program's secret",
        description:
          "Has the custodians add sharings of zero to their shares, so that shares that leaked before are worthless. The " +
          "secret stays. Custodians that do not answer are left out until they take part again. Prints how many took part.\n\n" +
          "With --roster and the key of a custodian or coordinator, all custodians make new keys and new shares of all " +
          "secrets. They use them when each has them on its disk, and not before; triples and masks of before are erased. " +
          "--recover gives a custodian that lost its shares new ones. Prints the new epoch.",
        examples: [
          {does: "once a day, for example", run: "qsdm quorum reshare PROGRAM_ID"},
          {
            does: "a custodian that lost its disk",
            run: "qsdm quorum reshare --recover custodian-1 --roster quorum.roster --key custodian-0.key",
          },
        ],
        exit: {
          3: "The program is not active.",
          4: "Too few custodians took part, or said so. What was begun is finished by doing it again.",
        },
        seeAlso: ["quorum rotate"],
      }),
    ),
  )
    .argument(
      "[program-id]",
      "64 hex digits; none with --roster, where all programs' shares are renewed",
      programIdArgument,
    )
    .option("--recover <name>", "with --roster, a custodian that lost its shares, once for each", repeatFlag)
    .action(async (programId: string | undefined, flags: Flags) => {
      const {coordinator, timeout} = flags;
      if (isStrict(flags)) return refreshStrictly(io, flags);
      if (programId === undefined)
        throw new UsageError("PROGRAM_ID_REQUIRED", "which program?", {hint: "give its id, or --roster and --key"});
      const client = serviceClient(io, coordinator, timeout);
      const answer = await client.post("/reshare", members({program_id: programId}));
      const participants = integerIn(answer, "participants");
      io.result({program_id: programId, participants}, `${participants}`);
    });
