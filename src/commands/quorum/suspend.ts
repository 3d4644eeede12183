import type {Command} from "commander";
import {defineCommand} from "../define.js";
import {durationFlag} from "../flags.js";
import type {Io} from "../io.js";
import {programIdArgument} from "./service-client.js";
import {addPartyFlags, atCoordinator, type PartyFlags, strictFlags} from "./strict/files.js";

interface Flags extends PartyFlags {
  readonly resume: boolean;
  readonly timeout?: number;
}

export const quorumSuspendCommand = (io: Io): Command =>
  addPartyFlags(
    defineCommand("quorum suspend", {
      summary: "take a custodian's word for a program back",
      description:
        "Signs with a custodian's key that it serves a program no more, and hands that to all. The custodian itself stops at " +
        "once and its approval counts no longer; when as many have done so as open a value, nobody serves the program. " +
        "--resume gives the word again. Prints SUSPENDED or ACTIVE, as the program is then.",
      examples: [
        {
          does: "after a warning about one program",
          run: "qsdm quorum suspend PROGRAM_ID --roster quorum.roster --key custodian-0.key",
        },
        {
          does: "all is well again",
          run: "qsdm quorum suspend PROGRAM_ID --resume --roster quorum.roster --key custodian-0.key",
        },
      ],
      exit: {3: "The key is no custodian's, or the program is not deployed.", 4: "The coordinator does not answer."},
      seeAlso: ["quorum approve", "quorum audit verify"],
    }),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .option("--resume", "give the word again", false)
    .option("--timeout <duration>", "how long to wait for the coordinator (default: 1m)", durationFlag)
    .action(async (programId: string, flags: Flags) => {
      await atCoordinator(io, strictFlags(flags), async (client) => {
        const program = await client.program(programId);
        const {withdrawals, active} = await client.suspend(program, !flags.resume);
        const status = active ? "ACTIVE" : "SUSPENDED";
        io.result({program_id: programId, status, withdrawals}, status);
      });
    });
