import type {Command} from "commander";
import {members} from "../../codecs/quorum/json.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {
  addCoordinatorFlag,
  type CoordinatorFlags,
  integerIn,
  programIdArgument,
  serviceClient,
} from "./service-client.js";

export const quorumReshareCommand = (io: Io): Command =>
  addCoordinatorFlag(
    defineCommand("quorum reshare", {
      summary: "renew the shares of a program's secret",
      description:
        "Has the custodians add sharings of zero to their shares, so that shares that leaked before are worthless. The " +
        "secret stays. Custodians that do not answer are left out until they take part again. Prints how many took part.",
      examples: [{does: "once a day, for example", run: "qsdm quorum reshare PROGRAM_ID"}],
      exit: {3: "The program is not active.", 4: "Too few custodians took part; the old shares stay in use."},
      seeAlso: ["quorum rotate"],
    }),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .action(async (programId: string, {coordinator, timeout}: CoordinatorFlags) => {
      const client = serviceClient(io, coordinator, timeout);
      const answer = await client.post("/reshare", members({program_id: programId}));
      const participants = integerIn(answer, "participants");
      io.result({program_id: programId, participants}, `${participants}`);
    });
