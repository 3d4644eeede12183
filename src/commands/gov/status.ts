import type {Command} from "commander";
import type {ProposalView} from "../../codecs/api/proposals.js";
import {RuleError, UsageError} from "../../errors.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

/** Votes that a proposal has and needs, by head or by weight. */
const votesOf = ({voters, votesNeeded, weight}: ProposalView, totalWeight: bigint | null): TextField[] =>
  weight === null ? [voters.length, votesNeeded] : [weight, (totalWeight ?? 0n) / 2n + 1n];

const fieldsOf = (proposal: ProposalView, totalWeight: bigint | null): TextField[] => [
  proposal.id,
  proposal.stagedAtHeight === null ? "open" : "staged",
  ...votesOf(proposal, totalWeight),
  proposal.proposer,
  proposal.memo,
];

interface Flags extends ClientFlags {
  readonly authorities: boolean;
  readonly retired: boolean;
}

export const govStatusCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("gov status", {
      summary: "show what the authorities are voting on",
      description:
        "Prints one line for each proposal that waits, in the order in which they would take effect: its name, open or staged, " +
        "the votes it has, the votes it takes, who proposed it, and the memo. With a name, that one alone. --authorities " +
        "prints the addresses of those who may vote instead. --json has everything, and who voted for what.\n\n" +
        "Votes for a submesh to go are counted by weight: that of the votes it has, and what is more than half of all. --retired " +
        "lists submeshes that went: name, since which height, and the weight that was for it.",
      examples: [
        {does: "what is bound to happen", run: "qsdm gov status | awk '$2 == \"staged\"'"},
        {does: "submeshes that went", run: "qsdm gov status --retired | cut -f 1"},
        {does: "who may vote", run: "qsdm gov status --authorities"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "No such proposal waits."},
      seeAlso: ["gov vote", "gov params", "watch params"],
    }),
  )
    .argument("[proposal]", "its name, for example 120000/param-set/reward_bps/500")
    .option("--authorities", "list who may vote", false)
    .option("--retired", "list submeshes that were voted to go", false)
    .action(async (name: string | undefined, {authorities: listed, retired, ...flags}: Flags) => {
      if (retired && (listed || name !== undefined))
        throw new UsageError("FLAG_CONFLICT", "--retired lists submeshes, and nothing else with them");
      await withClient(io, flags, async (client) => {
        if (retired) {
          const gone = await client.submeshes();
          const text = gone.retired.map(({submesh, sinceHeight, weight}) => [submesh, sinceHeight, weight]);
          return io.result(documentOf(gone), text);
        }
        const all = await client.proposals();
        const proposals = all.proposals.filter(({id}) => name === undefined || id === name);
        if (name !== undefined && proposals.length === 0)
          throw new RuleError("GOV_PROPOSAL_UNKNOWN", `no proposal ${name} waits`, {
            hint: "one whose height has come is over: qsdm gov params shows what holds",
          });
        const {authorities} = all;
        const text = listed
          ? authorities.map((each) => [each])
          : proposals.map((each) => fieldsOf(each, all.totalWeight));
        io.result(documentOf({...all, proposals}), text);
        if (authorities.length === 0) io.note("nobody governs this chain: its genesis names no authority");
      });
    });
