import type {Command} from "commander";
import {checkAddress} from "../../codecs/address.js";
import type {EventBody} from "../../codecs/api/events.js";
import type {Io} from "../io.js";
import {streamNameFlag} from "../stream/order.js";
import {timeText, watchEvent} from "./event.js";
import type {Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

interface Wanted {
  readonly streamId?: string;
  readonly payer?: string;
  readonly provider?: string;
}

interface Flags extends WatchFlags, Wanted {}

const isWanted = (body: EventBody<"streams">, {streamId, payer, provider}: Wanted): boolean =>
  (streamId === undefined || body.streamId === streamId) &&
  (payer === undefined || body.payer === payer) &&
  (provider === undefined || body.provider === provider);

export const watchStreamsCommand = (io: Io): Command =>
  defineWatch("streams", {
    summary: "follow services that are paid by the second",
    description:
      "Tells of each action on a stream that a block applies: its opening, receipts of use, pauses, payments and its end, " +
      "with what the stream holds afterwards. Nodes of QSDM do not tell of streams; qsdm stream list asks them.",
    examples: [
      {does: "what comes in for a service of yours", run: 'qsdm watch streams --provider "$ADDRESS"'},
      {
        does: "every payment since the last run",
        run: "qsdm watch streams --cursor-file s.cursor --json | jq -r 'select(.to_provider_dust) | .to_provider_dust'",
      },
    ],
    seeAlso: ["stream list", "stream show", "watch blocks"],
  })
    .option("--stream-id <name>", "only this stream", streamNameFlag)
    .option("--payer <address>", "only streams that this account pays", checkAddress)
    .option("--provider <address>", "only streams that pay this account", checkAddress)
    .action(async (flags: Flags) => {
      await watch(
        io,
        flags,
        (): Subject<never> => ({
          name: "streams",
          poller: null,
          tellsExisting: false,
          streamed: {
            topics: ["streams"],
            convert({seq, topic, body}) {
              if (topic !== "streams" || !isWanted(body, flags)) return null;
              return watchEvent(body.event, timeText(io.host.now()), {
                stream_id: body.streamId,
                payer: body.payer,
                provider: body.provider,
                service_id: body.serviceId,
                status: body.status,
                budget_dust: body.budgetDust,
                accrued_dust: body.accruedDust,
                escrow_dust: body.escrowDust,
                to_provider_dust: body.toProviderDust,
                to_payer_dust: body.toPayerDust,
                height: body.height,
                seq,
              });
            },
          },
        }),
      );
    });
