import type {Command} from "commander";
import type {SlashReceiptView} from "../codecs/api/mining.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/** Fields of a slash receipt as one line of text. */
export const slashReceiptFields = (receipt: SlashReceiptView): TextField[] => [
  receipt.outcome,
  receipt.height,
  receipt.nodeId || null,
  receipt.evidenceKind || null,
  receipt.slashedDust,
  receipt.rewardedDust,
  receipt.burnedDust,
  receipt.autoRevoked,
  receipt.rejectReason || null,
];

export const slashReceiptCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("slash-receipt", {
      summary: "show what became of a slash",
      description:
        "Prints what a block decided about a slash: outcome, height, node id, kind of evidence, dust taken, dust paid to " +
        "the reporter, dust burned, whether the node was revoked, and the reason of a rejection. A node remembers the " +
        "latest slashes only; before a block has decided there is no receipt.",
      examples: [
        {does: "was it applied?", run: 'test "$(qsdm slash-receipt "$TX" | cut -f 1)" = applied'},
        {does: "what the reporter earned", run: 'qsdm slash-receipt "$TX" --json | jq -r .data.rewarded_dust'},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "The node knows no such slash: not decided yet, never submitted, or forgotten."},
      seeAlso: ["slash", "enrollment-status"],
    }),
  )
    .argument("<tx-id>", "the transaction id that qsdm slash printed")
    .action(async (txId: string, flags: ClientFlags) => {
      await withClient(io, flags, async (client) => {
        const receipt = await client.slashReceipt({txId});
        const recordedAt = new Date(Number(receipt.recordedAt)).toISOString();
        io.result(documentOf({...receipt, recordedAt}), [slashReceiptFields(receipt)]);
      });
    });
