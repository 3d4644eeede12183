import type {Command} from "commander";
import {hexOf, textOf} from "../../codecs/bytes.js";
import {type StreamReceipt, streamReceipt, streamReceiptContent} from "../../codecs/envelopes/actions.js";
import {UsageError} from "../../errors.js";
import {KEY_FILE_MAX_BYTES, parseSeedFile} from "../../node/keys/key-file.js";
import {type SessionKey, sessionKeyOf} from "../../node/keys/session-key.js";
import {defineCommand} from "../define.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {streamNameFlag} from "./order.js";

/** A signed receipt. */
export function signReceipt(key: SessionKey, unsigned: Omit<StreamReceipt, "signature">): StreamReceipt {
  return {...unsigned, signature: hexOf(key.sign(streamReceiptContent.encode(unsigned)))};
}

interface Flags {
  readonly sessionKeyFile: string;
  readonly sequence: bigint;
  readonly activeSeconds: bigint;
}

export const streamReceiptCommand = (io: Io): Command =>
  defineCommand("stream receipt", {
    summary: "sign how much of a service was used",
    description:
      "Signs a receipt with a stream's session key: the seconds of use in all, not since the last one. Works offline. Prints " +
      "the receipt as JSON on one line, which its provider brings to the chain with qsdm stream report.",
    examples: [
      {
        does: "the third receipt, after an hour of use in all",
        run: "qsdm stream receipt vpn-7 --session-key-file vpn.key --sequence 3 --active-seconds 3600 > receipt.json",
      },
    ],
    files: {"--session-key-file": "The session key that qsdm stream open wrote."},
    exit: {3: "The key file is none."},
    seeAlso: ["stream open", "stream report"],
  })
    .argument("<stream-id>", "the stream", streamNameFlag)
    .requiredOption("--session-key-file <path>", "the session key; - reads standard input")
    .requiredOption("--sequence <number>", "number of the receipt: one more than that of the last", u64Flag)
    .requiredOption("--active-seconds <seconds>", "use in all", u64Flag)
    .action(async (streamId: string, {sessionKeyFile, sequence, activeSeconds}: Flags) => {
      if (sequence === 0n || activeSeconds === 0n)
        throw new UsageError("FLAG_INVALID", "--sequence and --active-seconds count from 1");
      const flag = "--session-key-file";
      const seed = parseSeedFile(await io.readFile(sessionKeyFile, {flag, maxBytes: KEY_FILE_MAX_BYTES}));
      const observedAt = new Date(io.host.now()).toISOString();
      const receipt = signReceipt(sessionKeyOf(seed), {
        ...{streamId, sequence, cumulativeActiveSeconds: activeSeconds, observedAt},
      });
      const text = textOf(streamReceipt.encode(receipt));
      io.result({stream_id: streamId, sequence, active_seconds: activeSeconds, receipt: text}, text);
    });
