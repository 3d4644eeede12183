import type {Command} from "commander";
import type {ReceiptView} from "../codecs/api/chain.js";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import type {Io} from "./io.js";
import type {TextField} from "./output.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

/** Fields of a receipt as one line of text. */
export const receiptFields = (receipt: ReceiptView): TextField[] => [
  receipt.outcome,
  receipt.height,
  receipt.contract,
  receipt.sender,
  receipt.nonce,
  receipt.feeDust,
  receipt.code,
  receipt.message,
];

export const receiptCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("receipt", {
      summary: "show what became of a transaction",
      description:
        "Prints what a block decided about a transaction: outcome, height, contract, sender, nonce, dust paid as a fee, and " +
        "the code and message of a rejection. Before a block has decided there is no receipt.",
      examples: [
        {does: "was it applied?", run: 'test "$(qsdm receipt "$TX" | cut -f 1)" = applied'},
        {does: "what it cost", run: 'qsdm receipt "$TX" --json | jq -r .data.fee_dust'},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "The node knows no such transaction: not decided yet, or never submitted."},
      seeAlso: ["block", "slash-receipt", "enrollment-status"],
    }),
  )
    .argument("<tx-id>", "the transaction id that a write command printed")
    .action(async (txId: string, flags: ClientFlags) => {
      await withClient(io, flags, async (client) => {
        const receipt = await client.receipt({txId});
        const {timeMs, ...rest} = receipt;
        io.result(documentOf({...rest, time: new Date(Number(timeMs)).toISOString()}), [receiptFields(receipt)]);
      });
    });
