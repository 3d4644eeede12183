import type {Command} from "commander";
import {members} from "../../codecs/quorum/json.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {
  addCoordinatorFlag,
  addCustodianFlags,
  type CoordinatorFlags,
  type CustodianFlags,
  custodianUrls,
  integerIn,
  programIdArgument,
  serviceClient,
  textIn,
} from "./service-client.js";

export const quorumApproveCommand = (io: Io): Command =>
  addCustodianFlags(
    addCoordinatorFlag(
      defineCommand("quorum approve", {
        summary: "have custodians approve a program",
        description:
          "Asks each custodian for its approval of a program that it has installed and hands it to the coordinator. With " +
          "enough approvals of different custodians the program is active. Prints a record for each: index, status, " +
          "approvals so far, approvals needed. Look at the program first: qsdm quorum lint.",
        examples: [
          {does: "by all custodians on this machine", run: "qsdm quorum approve PROGRAM_ID"},
          {does: "by one of them", run: "qsdm quorum approve PROGRAM_ID --custodian http://127.0.0.1:9101"},
        ],
        exit: {3: "A custodian or the coordinator refuses.", 4: "A service does not answer."},
        seeAlso: ["quorum deploy", "quorum lint"],
      }),
    ),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .action(async (programId: string, flags: CoordinatorFlags & CustodianFlags) => {
      const coordinator = serviceClient(io, flags.coordinator, flags.timeout);
      const approvals: {index: bigint; status: string; approvals: bigint; needed: bigint}[] = [];
      for (const url of custodianUrls(flags)) {
        const tag = await serviceClient(io, url, flags.timeout).post("/approve", members({program_id: programId}));
        const index = integerIn(tag, "custodian_index");
        const signature = textIn(tag, "signature");
        const answer = await coordinator.post(
          "/approve",
          members({program_id: programId, custodian_index: index, signature}),
        );
        approvals.push({
          index,
          status: textIn(answer, "status"),
          approvals: integerIn(answer, "approvals"),
          needed: integerIn(answer, "needed"),
        });
      }
      const status = approvals.at(-1)?.status ?? null;
      io.result(
        {program_id: programId, status, approvals},
        approvals.map((each): TextField[] => Object.values(each)),
      );
    });
