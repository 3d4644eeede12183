import type {Command} from "commander";
import {formatCell} from "../../codecs/amount.js";
import {textOf} from "../../codecs/bytes.js";
import {dustOfCell} from "../../codecs/envelopes/amount.js";
import {walletEnvelope, walletSigningBytes} from "../../codecs/envelopes/wallet.js";
import {UnavailableError, UsageError} from "../../errors.js";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {
  addSignFlags,
  checkMembers,
  readDocument,
  type SignFlags,
  signatureMembers,
  signerFor,
} from "./sign-document.js";

interface Flags extends SignFlags, ClientFlags {
  readonly envelopeFile?: string;
  readonly autoNonce: boolean;
}

export const walletSignTxCommand = (io: Io): Command =>
  addSignFlags(
    addClientFlags(
      defineCommand("wallet sign-tx", {
        summary: "sign a QSDM wallet envelope",
        description:
          "Reads a payment in QSDM's wallet envelope, version 2, without its signature, checks that the keystore is its " +
          "sender's, and prints the signed envelope on one line, as POST /api/v1/wallet/submit-signed takes it. Works offline " +
          "unless --auto-nonce asks the node.\n\n" +
          "Members that the envelope does not have are refused: a signature would not cover them. qsdm wallet send does all " +
          "of it at once.",
        examples: [
          {
            does: "sign a file on a machine without network",
            run: "qsdm wallet sign-tx --envelope-file pay.json --nonce 8",
          },
          {
            does: "the nonce that the node says is next",
            run: "qsdm wallet sign-tx --auto-nonce < pay.json > signed.json",
          },
        ],
        environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore that signs, unless --in names another."},
        exit: {3: "The envelope or the passphrase is wrong."},
        seeAlso: ["wallet send", "wallet sign", "wallet verify"],
      }),
    ),
  )
    .option("--envelope-file <path>", "the envelope (default: standard input)")
    .option("--auto-nonce", "write the nonce that the node says is next", false)
    .action(async ({envelopeFile, autoNonce, nonce, ...flags}: Flags) => {
      if (autoNonce && nonce !== undefined)
        throw new UsageError("FLAG_CONFLICT", "--nonce and --auto-nonce exclude each other");
      const read = walletEnvelope.readCompat(await readDocument(io, envelopeFile, "--envelope-file"));
      const {id, sender, recipient, amount, fee} = read;
      checkMembers("the envelope", {id, sender, recipient});
      const [amountDust, feeDust] = [dustOfCell(amount), dustOfCell(fee)];
      const stamped = autoNonce ? await nextNonce(io, sender, flags) : (nonce ?? 0n);
      const envelope = {...read, nonce: stamped === 0n ? read.nonce : stamped};
      if (envelope.nonce === 0n) io.warn("the nonce is 0, which no node takes: pass --nonce or --auto-nonce");
      io.note(
        `pays ${formatCell(amountDust)} CELL to ${recipient}, fee ${formatCell(feeDust)} CELL, nonce ${envelope.nonce}`,
      );
      const signer = await signerFor(io, sender, flags);
      const signed = {...envelope, ...signatureMembers(signer, walletSigningBytes(envelope))};
      const text = textOf(walletEnvelope.encode(signed));
      io.note(`signed envelope ${id} of ${sender}`);
      io.result(
        {id, sender, recipient, amount_dust: amountDust, fee_dust: feeDust, nonce: envelope.nonce, envelope: text},
        text,
      );
    });

/** @throws UnavailableError NONCE_INCONSISTENT when the node speaks of another sender, or its numbers do not fit */
async function nextNonce(io: Io, sender: string, flags: ClientFlags): Promise<bigint> {
  return withClient(io, flags, async (client) => {
    const answer = await client.nonce({sender});
    if (answer.sender !== sender || answer.next !== answer.nonce + 1n)
      throw new UnavailableError(
        "NONCE_INCONSISTENT",
        `asked for the nonce of ${sender}, the node said ${answer.nonce} and next ${answer.next} of ${answer.sender}`,
        {hint: "ask another node with --api-url, or pass --nonce"},
      );
    return answer.next;
  });
}
