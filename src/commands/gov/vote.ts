import type {Command} from "commander";
import {parseProposal} from "../../codecs/governance/change.js";
import {SUBMESH_RETIRE} from "../../codecs/governance/payloads.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, submitOrder, type WriteFlags} from "../submit.js";
import {orderVote} from "./order.js";
import {orderRetire} from "./retire-order.js";

export const govVoteCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("gov vote", {
      summary: "vote for a change that somebody proposed",
      description:
        "Signs and sends a vote for a proposal that qsdm gov status lists: an authority's, or for a submesh to go that of any " +
        "account with weight. The vote is the whole change, signed: the name of the proposal says all of it. Prints the " +
        "transaction id.",
      examples: [
        {does: "vote, and wait for the block", run: "qsdm gov vote 120000/param-set/reward_bps/500 --wait"},
        {
          does: "what waits for your vote",
          run: "qsdm gov status --json | jq -r --arg me \"$(qsdm wallet show)\" '.data.proposals[] | select(.staged_at_height == null and (.voters | index($me) | not)).id'",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      exit: {
        3: "No such proposal, voted for already, or the account may not vote on it.",
        5: "--wait ended too early.",
      },
      seeAlso: ["gov status", "gov propose-param", "gov propose-authority", "gov propose-retire"],
    }).argument("<proposal>", "its name, for example 120000/param-set/reward_bps/500"),
  ).action(async (name: string, flags: WriteFlags) => {
    const proposed = parseProposal(name);
    const order = proposed.change.kind === SUBMESH_RETIRE ? orderRetire : orderVote;
    await submitOrder(io, flags, {build: (context) => order(proposed, {known: true}, context)});
  });
