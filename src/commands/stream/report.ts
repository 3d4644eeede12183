import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import {type StreamReceipt, streamReceipt} from "../../codecs/envelopes/actions.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import type {Host} from "../host.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {actionOf, streamOrder} from "./order.js";

const RECEIPT_MAX_BYTES = 4_096;

/**
 * The order that brings a receipt to the chain.
 * @throws RuleError STREAM_NOT_FOUND, STREAM_WRONG_PARTY, STREAM_NOT_ACTIVE, STREAM_RECEIPT_REPLAYED
 */
export async function orderReport(
  {receipt, host}: {readonly receipt: StreamReceipt; readonly host: Pick<Host, "now" | "randomBytes">},
  {client, sender}: Omit<OrderContext, "client" | "terms"> & {readonly client: Pick<Client, "stream">},
): Promise<Order> {
  const {streamId, sequence, cumulativeActiveSeconds} = receipt;
  const {stream} = await client.stream({id: streamId});
  if (stream.provider !== sender)
    throw new RuleError("STREAM_WRONG_PARTY", `only the provider of stream ${streamId} may, ${stream.provider}`, {
      hint: "sign with the keystore of the provider: --in FILE",
    });
  if (stream.status !== "active") throw new RuleError("STREAM_NOT_ACTIVE", `stream ${streamId} is ${stream.status}`);
  if (sequence !== stream.lastReceiptSequence + 1n)
    throw new RuleError(
      "STREAM_RECEIPT_REPLAYED",
      `receipt ${sequence} of stream ${streamId}, the next one is ${stream.lastReceiptSequence + 1n}`,
    );
  const comesTo = (cumulativeActiveSeconds * stream.priceDust) / stream.pricePeriodSeconds;
  return streamOrder(actionOf(host, {sender, streamId, action: "receipt", receipt}), {
    summary: {sequence, active_seconds: cumulativeActiveSeconds, accrued_dust: comesTo},
    announcement: [
      `report ${cumulativeActiveSeconds} s of use of stream ${streamId}, which comes to ${formatCell(comesTo)} CELL in all`,
    ],
  });
}

export const streamReportCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("stream report", {
      summary: "bring a receipt of use to the chain, as the stream's provider",
      description:
        "Reports how much of a service was used, by a receipt that the payer's device signed. What it comes to is the " +
        "provider's from then on, also when the stream is closed, and is taken with qsdm stream claim. Prints the transaction " +
        "id.",
      examples: [{does: "report, then take what is due", run: "qsdm stream report --receipt-file receipt.json --wait"}],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      exit: {
        3: "The receipt is none, or not the next of a stream that is yours and active.",
        5: "--wait ended before a block decided.",
      },
      seeAlso: ["stream receipt", "stream claim", "stream show"],
    }).requiredOption("--receipt-file <path>", "the receipt; - reads standard input"),
  ).action(async ({receiptFile, ...flags}: WriteFlags & {receiptFile: string}) => {
    const file = await io.readFile(receiptFile, {flag: "--receipt-file", maxBytes: RECEIPT_MAX_BYTES});
    const receipt = streamReceipt.readCompat(file);
    await submitOrder(io, flags, {build: (context) => orderReport({receipt, host: io.host}, context)});
  });
