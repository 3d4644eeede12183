import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {POOL_SIZE_MAX} from "../../codecs/quorum/coordinator-bodies.js";
import {members} from "../../codecs/quorum/json.js";
import type {CustodianStatus} from "../../codecs/quorum/strict/calls.js";
import {STOCK_MAX} from "../../codecs/quorum/strict/job.js";
import {UsageError} from "../../errors.js";
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
import {addPartyFlags, atCoordinator, isStrict, type PartyFlags, type StrictFlags} from "./strict/files.js";

interface Flags extends CoordinatorFlags, PartyFlags {
  readonly add?: number;
  readonly masks?: number;
}

/** What is left of the budget of all clients of a program, by a custodian's books; `null` where it has none. */
const budgetLeft = ({programs}: CustodianStatus, programId: string): bigint | null =>
  programs.find((each) => hexOf(each.programId) === programId)?.budgetLeft ?? null;

async function stockStrictly(io: Io, flags: Flags & StrictFlags, programId: string | undefined): Promise<void> {
  const wanted = {triples: flags.add ?? 0, masks: flags.masks ?? 0};
  await atCoordinator(io, flags, async (client) => {
    const {triples, masks, lowTriples, lowMasks} = await client.call("stock", wanted);
    const {statuses} = await client.call("custodians", {});
    const sum = (ranges: readonly {readonly count: number}[]): number =>
      ranges.reduce((total, {count}) => total + count, 0);
    const names = client.namesOf([...statuses.keys()]);
    const custodians = statuses.map((status, place) => ({
      name: names[place]!,
      triples: status && sum(status.triples),
      masks: status && sum(status.masks),
      ...(programId === undefined ? {} : {budget_left: status && budgetLeft(status, programId)}),
    }));
    io.result({triples, masks, low_water: {triples: lowTriples, masks: lowMasks}, custodians}, [
      ["triples", triples],
      ["masks", masks],
      ["refilled below", `${lowTriples} triples, ${lowMasks} masks`],
      ...custodians.map((each) => {
        const held = each.triples === null ? "away" : `${each.triples} triples, ${each.masks} masks`;
        const left = each.budget_left ?? null;
        return [each.name, held, ...(left === null ? [] : [`budget ${left}`])];
      }),
    ]);
  });
}

export const quorumPoolCommand = (io: Io): Command =>
  addPartyFlags(
    addCoordinatorFlag(
      defineCommand("quorum pool", {
        summary: "show how many evaluations the triples are enough for",
        description:
          "Prints how many evaluations of a program the dealt triples are enough for; with --add, after more were dealt. A " +
          "program without products needs none and prints 0.\n\n" +
          "With --roster and the key of a custodian or coordinator it prints the stock of triples and masks that all " +
          "custodians hold, for any program, below what level the coordinator has them make more, and what each of them holds; " +
          "with --add and --masks, after they made more. With a program's id, too, what each has left of the budget of all its " +
          "clients together. An evaluation takes a triple for each product and two more, and a " +
          "mask for each input and output.",
        examples: [
          {does: "what is left", run: "qsdm quorum pool PROGRAM_ID"},
          {does: "ten more", run: "qsdm quorum pool PROGRAM_ID --add 10"},
          {
            does: "stock of custodians of a roster",
            run: "qsdm quorum pool --roster quorum.roster --key custodian-0.key --add 10000 --masks 1000",
          },
          {
            does: "what is left of a program's budget",
            run: "qsdm quorum pool PROGRAM_ID --roster quorum.roster --key custodian-0.key",
          },
        ],
        exit: {4: "The coordinator does not answer."},
        seeAlso: ["quorum eval", "quorum deploy"],
      }),
    ),
  )
    .argument(
      "[program-id]",
      "64 hex digits; with --roster, where the stock is that of all programs, for what is left of its budget",
      programIdArgument,
    )
    .option("--add <n>", "deal triples for this many evaluations more", countFlag(1, POOL_SIZE_MAX))
    .option("--masks <n>", "with --roster, make this many masks of inputs and outputs", countFlag(1, STOCK_MAX))
    .action(async (programId: string | undefined, flags: Flags) => {
      const {coordinator, timeout, add} = flags;
      if (isStrict(flags)) return stockStrictly(io, flags, programId);
      if (programId === undefined)
        throw new UsageError("PROGRAM_ID_REQUIRED", "which program?", {hint: "give its id, or --roster and --key"});
      const client = serviceClient(io, coordinator, timeout);
      if (add !== undefined) {
        const body = members({program_id: programId, pool_size: BigInt(add)});
        const status = textIn(await client.post("/replenish_beaver", body), "status");
        if (status === "no_mul_nodes") io.note("the program has no products and needs no triples");
      }
      const remaining = integerIn(await client.get(`/beaver_pool/${programId}`), "pool_remaining");
      io.result({program_id: programId, pool_remaining: remaining}, `${remaining}`);
    });
