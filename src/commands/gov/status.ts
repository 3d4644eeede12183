import type {Command} from "commander";
import type {ProposalView} from "../../codecs/api/proposals.js";
import {RuleError} from "../../errors.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

const fieldsOf = ({id, stagedAtHeight, voters, votesNeeded, proposer, memo}: ProposalView): TextField[] => [
  id,
  stagedAtHeight === null ? "open" : "staged",
  voters.length,
  votesNeeded,
  proposer,
  memo,
];

interface Flags extends ClientFlags {
  readonly authorities: boolean;
}

export const govStatusCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("gov status", {
      summary: "show what the authorities are voting on",
      description:
        "Prints one line for each proposal that waits, in the order in which they would take effect: its name, open or staged, " +
        "the votes it has, the votes it takes, who proposed it, and the memo. With a name, that one alone. --authorities " +
        "prints the addresses of those who may vote instead. --json has everything, and who voted for what.",
      examples: [
        {does: "what is bound to happen", run: "qsdm gov status | awk '$2 == \"staged\"'"},
        {does: "who may vote", run: "qsdm gov status --authorities"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "No such proposal waits."},
      seeAlso: ["gov vote", "gov params", "watch params"],
    }),
  )
    .argument("[proposal]", "its name, for example 120000/param-set/reward_bps/500")
    .option("--authorities", "list who may vote", false)
    .action(async (name: string | undefined, {authorities: listed, ...flags}: Flags) => {
      await withClient(io, flags, async (client) => {
        const all = await client.proposals();
        const proposals = all.proposals.filter(({id}) => name === undefined || id === name);
        if (name !== undefined && proposals.length === 0)
          throw new RuleError("GOV_PROPOSAL_UNKNOWN", `no proposal ${name} waits`, {
            hint: "one whose height has come is over: qsdm gov params shows what holds",
          });
        const {authorities} = all;
        const text = listed ? authorities.map((each) => [each]) : proposals.map(fieldsOf);
        io.result(documentOf({...all, proposals}), text);
        if (authorities.length === 0) io.note("nobody governs this chain: its genesis names no authority");
      });
    });
