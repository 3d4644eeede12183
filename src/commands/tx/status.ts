import type {Command} from "commander";
import type {TransactionStatus} from "../../codecs/api/transactions.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {EXIT, type TextField} from "../output.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";

/** Fields of a status as one line of text. */
const fieldsOf = ({status, sender, nonce, contract, receipt, waiting}: TransactionStatus): TextField[] => [
  status,
  receipt?.height ?? null,
  contract,
  sender,
  nonce,
  receipt?.feeDust ?? waiting?.maxFeeDust ?? null,
  waiting?.expiresAtHeight ?? null,
  receipt?.code ?? null,
];

export const txStatusCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("tx status", {
      summary: "show where a transaction stands",
      description:
        "Prints one line: waiting, applied or rejected, the height of its block, contract, sender, nonce, dust paid (or the cap, " +
        "while it waits), the height at which it expires while it waits, and the code of a rejection. The exit status says it " +
        "too: 0 applied, 3 rejected or unknown, 5 waiting.",
      examples: [
        {does: "is it done?", run: 'qsdm tx status "$TX" >/dev/null && echo applied'},
        {does: "until when may it wait?", run: 'qsdm tx status "$TX" | cut -f 7'},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "It was rejected, or the node does not know it.", 5: "It waits for a block."},
      seeAlso: ["tx send", "receipt"],
    }),
  )
    .argument("<tx-id>", "the transaction id that a write command printed")
    .action(async (txId: string, flags: ClientFlags) => {
      await withClient(io, flags, async (client) => {
        const found = await client.transaction({txId});
        const {status, nonce, waiting} = found;
        io.result(documentOf(found), [fieldsOf(found)], {final: status !== "waiting"});
        if (status === "rejected") io.status = EXIT.refused;
        if (waiting && waiting.accountNonce < nonce)
          io.note(`it waits for nonce ${waiting.accountNonce} of the same account, which has to come first`);
      });
    });
