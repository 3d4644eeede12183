import type {Command} from "commander";
import {POOL_SIZE_MAX} from "../../codecs/quorum/coordinator-bodies.js";
import {members} from "../../codecs/quorum/json.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {
  addCoordinatorFlag,
  type CoordinatorFlags,
  integerIn,
  programIdArgument,
  serviceClient,
  textIn,
} from "./service-client.js";

export const quorumPoolCommand = (io: Io): Command =>
  addCoordinatorFlag(
    defineCommand("quorum pool", {
      summary: "show how many evaluations the triples are enough for",
      description:
        "Prints how many evaluations of a program the dealt triples are enough for; with --add, after more were dealt. A " +
        "program without products needs none and prints 0.",
      examples: [
        {does: "what is left", run: "qsdm quorum pool PROGRAM_ID"},
        {does: "ten more", run: "qsdm quorum pool PROGRAM_ID --add 10"},
      ],
      exit: {4: "The coordinator does not answer."},
      seeAlso: ["quorum eval", "quorum deploy"],
    }),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .option("--add <n>", "deal triples for this many evaluations more", countFlag(1, POOL_SIZE_MAX))
    .action(async (programId: string, {coordinator, timeout, add}: CoordinatorFlags & {add?: number}) => {
      const client = serviceClient(io, coordinator, timeout);
      if (add !== undefined) {
        const body = members({program_id: programId, pool_size: BigInt(add)});
        const status = textIn(await client.post("/replenish_beaver", body), "status");
        if (status === "no_mul_nodes") io.note("the program has no products and needs no triples");
      }
      const remaining = integerIn(await client.get(`/beaver_pool/${programId}`), "pool_remaining");
      io.result({program_id: programId, pool_remaining: remaining}, `${remaining}`);
    });
