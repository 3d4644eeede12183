import {type Command, Option} from "commander";
import {txIdOf} from "../../codecs/chain/envelope.js";
import {decodeContent} from "../../codecs/chain/multisig.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {durationFlag, formatDuration} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {DEFAULT_WRITE_FLAGS} from "../submit.js";
import {follow} from "../transaction.js";
import {sentenceOf} from "./describe.js";
import {readTx} from "./files.js";

interface Flags extends ClientFlags {
  readonly wait: boolean;
  readonly waitTimeout: number;
}

const {waitTimeout: WAIT_TIMEOUT_MS} = DEFAULT_WRITE_FLAGS;

export const txSendCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("tx send", {
      summary: "submit a signed transaction",
      description:
        "Sends a signed envelope to a node and prints its id. It needs no key, and sending the same envelope twice changes " +
        "nothing: the nonce is spent once.\n\n" +
        "Submitted is not applied: a block decides, and charges the fee either way. --wait waits for it.",
      examples: [
        {does: "send and wait for the block", run: "qsdm tx send pay.signed --wait"},
        {does: "out of a pipe", run: "qsdm tx sign pay.tx | qsdm tx send -"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {
        3: "The file is no signed transaction, or the ledger refused it.",
        5: "--wait ended before a block decided.",
      },
      seeAlso: ["tx sign", "tx status", "receipt"],
    }),
  )
    .argument("<file>", "the signed transaction, raw or as hex; - reads standard input")
    .option("--wait", "wait until a block has decided it", false)
    .addOption(
      new Option("--wait-timeout <duration>", "how long --wait waits")
        .argParser(durationFlag)
        .default(WAIT_TIMEOUT_MS, formatDuration(WAIT_TIMEOUT_MS)),
    )
    .action(async (file: string, {wait, waitTimeout: timeoutMs, ...flags}: Flags) => {
      const body = await readTx(io, file);
      const content = decodeContent(body);
      const txId = txIdOf(content);
      const {sender, nonce, contract} = content;
      const document = {tx_id: txId, sender, nonce, contract};
      const later = `check with: qsdm tx status ${txId}`;
      io.note(sentenceOf(content));
      await withClient(io, flags, async (client) => {
        await client.submit({body});
        if (!wait) {
          io.note(`submitted ${txId}, not yet applied; ${later}`);
          return io.result({...document, status: "submitted"}, txId);
        }
        io.note(`submitted ${txId}; waiting up to ${formatDuration(timeoutMs)} for a block to decide it; ${later}`);
        const decision = await follow({txId, content}, {client, timeoutMs, signal: io.signal});
        if (decision === null) {
          io.warn(`no block has decided ${txId} within ${formatDuration(timeoutMs)}; ${later}`);
          return io.result({...document, status: "submitted"}, txId, {final: false});
        }
        const {height, feeDust} = decision.receipt;
        io.note(`applied ${txId} at height ${height}`);
        io.result({...document, status: "applied", height, fee_dust: feeDust}, txId);
      });
    });
