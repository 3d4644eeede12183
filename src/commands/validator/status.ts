import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {StakeView} from "../../codecs/api/stakes.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

const fieldsOf = (stake: StakeView): TextField[] => [
  stake.validator,
  stake.phase,
  stake.index,
  formatCell(stake.stakeDust),
  stake.power,
  stake.owner,
  stake.returnsAtHeight ?? stake.jailedUntilHeight,
];

export const validatorStatusCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("validator status", {
      summary: "show who has stake, and where each stands",
      description:
        "Prints one line for each voting key with stake: its id, active, jailed or leaving, its place among those who vote " +
        "now, its stake in CELL, the power that it is worth at the next election, the account that staked, and the height at " +
        "which the stake returns at the earliest, or the time in jail is over. --json has the epoch and the height of the next election too.",
      examples: [
        {does: "when the next election is", run: "qsdm validator status --json | jq -r .data.next_election_height"},
        {does: "one account's own", run: "qsdm validator status --owner ADDRESS"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      seeAlso: ["validators", "validator join", "validator leave", "validator unjail"],
    }),
  )
    .option("--owner <address>", "stakes of this account only")
    .action(async ({owner, ...flags}: ClientFlags & {owner?: string}) => {
      await withClient(io, flags, async (client) => {
        const {stakes, ...rest} = await client.stakes();
        const wanted = stakes.filter((each) => owner === undefined || each.owner === owner);
        io.result(documentOf({...rest, stakes: wanted}), wanted.map(fieldsOf));
      });
    });
