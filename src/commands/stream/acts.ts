/** What a party does with a stream that is open: one command each, alike but for their words. */
import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {StreamView} from "../../codecs/api/streams.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {defineCommand} from "../define.js";
import type {Host} from "../host.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";
import {actionOf, streamNameFlag, streamOrder, type Told} from "./order.js";

type Act = "settle" | "pause" | "resume" | "close";
/** Who may, in which states, and what is told of it. */
const ACTS: Readonly<
  Record<Act, {readonly by: "payer" | "provider"; readonly in: readonly string[]; told(stream: StreamView): Told}>
> = {
  settle: {
    by: "provider",
    in: ["active", "paused"],
    told: ({streamId, unsettledDust}) => ({
      summary: {claimed_dust: unsettledDust},
      announcement: [`take ${formatCell(unsettledDust)} CELL out of stream ${streamId}`],
    }),
  },
  pause: {
    by: "payer",
    in: ["active"],
    told: ({streamId}) => ({
      summary: {},
      announcement: [`pause stream ${streamId}: no use is billed until it is resumed`],
    }),
  },
  resume: {
    by: "payer",
    in: ["paused"],
    told: ({streamId}) => ({summary: {}, announcement: [`resume stream ${streamId}`]}),
  },
  close: {
    by: "payer",
    in: ["active", "paused"],
    told: ({streamId, unsettledDust, remainingBudgetDust}) => ({
      summary: {paid_dust: unsettledDust, refunded_dust: remainingBudgetDust},
      announcement: [
        `close stream ${streamId}: ${formatCell(unsettledDust)} CELL to its provider, ` +
          `${formatCell(remainingBudgetDust)} CELL back, less what a receipt before it still bills`,
      ],
      question: `Close stream ${streamId} for good?`,
    }),
  },
};

/**
 * The order that does `act` to a stream.
 * @throws RuleError STREAM_NOT_FOUND, STREAM_WRONG_PARTY, STREAM_STATUS_UNFIT, STREAM_NOTHING_DUE
 */
export async function orderAct(
  {
    act,
    streamId,
    host,
  }: {readonly act: Act; readonly streamId: string; readonly host: Pick<Host, "now" | "randomBytes">},
  {client, sender}: Omit<OrderContext, "client" | "terms"> & {readonly client: Pick<Client, "stream">},
): Promise<Order> {
  const {stream} = await client.stream({id: streamId});
  const {by, in: states, told} = ACTS[act];
  if (stream[by] !== sender)
    throw new RuleError("STREAM_WRONG_PARTY", `only the ${by} of stream ${streamId} may, ${stream[by]}`, {
      hint: `sign with the keystore of the ${by}: --in FILE`,
    });
  if (!states.includes(stream.status))
    throw new RuleError("STREAM_STATUS_UNFIT", `stream ${streamId} is ${stream.status}, not ${states.join(" or ")}`);
  if (act === "settle" && stream.unsettledDust === 0n)
    throw new RuleError("STREAM_NOTHING_DUE", `stream ${streamId} owes nothing`, {
      hint: "report the use with a receipt first: qsdm stream report",
    });
  return streamOrder(actionOf(host, {sender, streamId, action: act}), told(stream));
}

interface Words {
  readonly summary: string;
  readonly description: string;
  readonly does: string;
}

const actCommand =
  (name: "claim" | "pause" | "resume" | "cancel", act: Act, {summary, description, does}: Words) =>
  (io: Io): Command =>
    addWriteFlags(
      defineCommand(`stream ${name}`, {
        summary,
        description: `${description} Prints the transaction id.`,
        examples: [{does, run: `qsdm stream ${name} vpn-7 --wait`}],
        environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
        exit: {
          3: "There is no such stream, it is another's, or its state does not allow it.",
          5: "--wait ended before a block decided.",
        },
        seeAlso: ["stream show", "stream open", "stream report"],
      }).argument("<stream-id>", "the stream", streamNameFlag),
    ).action(async (streamId: string, flags: WriteFlags) => {
      await submitOrder(io, flags, {build: (context) => orderAct({act, streamId, host: io.host}, context)});
    });

export const streamClaimCommand = actCommand("claim", "settle", {
  summary: "take out what a stream owes you as its provider",
  description: "Pays what the reported use of a service came to, less what was paid before, to its provider.",
  does: "take what is due, and see it applied",
});
export const streamPauseCommand = actCommand("pause", "pause", {
  summary: "stop a stream from billing for a while",
  description: "From its block on, no use is billed until the payer resumes the stream. The budget stays in it.",
  does: "stop for the night",
});
export const streamResumeCommand = actCommand("resume", "resume", {
  summary: "let a paused stream bill again",
  description: "Use is billed again from its block on; the time of the pause is none.",
  does: "go on in the morning",
});
export const streamCancelCommand = actCommand("cancel", "close", {
  summary: "close a stream and get back what is left of its budget",
  description:
    "Pays its provider what the reported use came to and gives the payer the rest. Use that no receipt has reported by " +
    "then is not paid. The stream's id cannot be used again.",
  does: "end a subscription",
});
