import type {Command} from "commander";
import {AUTHORITY_SET} from "../../codecs/governance/payloads.js";
import {defineCommand} from "../define.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, submitOrder, type WriteFlags} from "../submit.js";
import {orderVote} from "./order.js";
import {addWhenFlags, checkWhen, heightOf, type WhenFlags} from "./when.js";

interface Flags extends WriteFlags, WhenFlags {
  readonly op: string;
  readonly address: string;
  readonly memo: string;
}

export const govProposeAuthorityCommand = (io: Io): Command =>
  addWriteFlags(
    addWhenFlags(
      defineCommand("gov propose-authority", {
        summary: "propose that an authority comes or goes, and vote for it",
        description:
          "Signs and sends an authority's vote for a change of the authorities themselves, which takes the votes of more than " +
          "half of them before its height comes. Whoever goes takes its votes for open proposals along, and what is left is " +
          "counted anew. The last authority cannot go. Prints the transaction id.",
        examples: [
          {
            does: "let somebody else vote too",
            run: 'qsdm gov propose-authority --op add --address "$ADDRESS" --in-blocks 8640',
          },
          {
            does: "replace a lost key: the new one first",
            run: 'qsdm gov propose-authority --op add --address "$NEW" --in-blocks 500\nqsdm gov propose-authority --op remove --address "$OLD" --in-blocks 600',
          },
        ],
        environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
        exit: {3: "The change is refused, or the keystore is no authority's.", 5: "--wait ended too early."},
        seeAlso: ["gov vote", "gov status", "gov-helper propose-authority"],
      })
        .requiredOption("--op <add|remove>", "whether it comes or goes", choiceFlag(["add", "remove"]))
        .requiredOption("--address <address>", "its account")
        .option("--memo <text>", "note kept with the proposal, at most 256 bytes", ""),
    ),
  ).action(async ({op, address, memo, ...flags}: Flags) => {
    checkWhen(flags);
    const build = (context: Parameters<typeof orderVote>[2]) => {
      const effectiveHeight = heightOf(flags, context.terms.height);
      return orderVote({change: {kind: AUTHORITY_SET, op, address}, effectiveHeight}, {memo}, context);
    };
    await submitOrder(io, flags, {build});
  });
