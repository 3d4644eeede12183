import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {unsignedEnvelope} from "../../codecs/chain/envelope.js";
import {KEYSTORE_MAX_BYTES} from "../../codecs/keystore.js";
import {QsdmError} from "../../errors.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags} from "../passphrase.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {unlock} from "./keystore-file.js";
import {type MessageFlags, readMessage} from "./message.js";

interface Flags extends PassphraseFlags, MessageFlags {
  readonly config?: string;
  readonly in?: string;
}

export const walletSignCommand = (io: Io): Command =>
  addPassphraseFlags(
    addConfigFlag(
      defineCommand("wallet sign", {
        summary: "sign a message with the wallet's key",
        description:
          "Signs the bytes of a message as they are, with ML-DSA-87 and an empty context, and prints the signature of 4,627 " +
          "bytes as hex. Whoever has the signature can use it wherever these bytes count: sign no bytes that somebody else " +
          "chose. A message that is a transaction is signed with a warning.",
        examples: [
          {does: "sign two bytes", run: "qsdm wallet sign --message 00ff"},
          {does: "sign a file", run: "qsdm wallet sign --message-file statement.txt > statement.sig"},
        ],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore that signs, unless --in names another."},
        exit: {3: "The message is not hex or empty, or the passphrase does not open the keystore."},
        seeAlso: ["wallet verify", "wallet show", "wallet create"],
      }),
    )
      .option("--in <path>", "the keystore; - reads standard input (default: ~/.qsdm/wallet.json)")
      .option("--message <hex>", "the message as hex")
      .option("--message-file <path>", "file with the message; - reads standard input"),
  ).action(async ({config, in: path, ...flags}: Flags) => {
    const message = await readMessage(io, flags);
    const settings = await loadSettings(io.host, {config, keystore: path});
    const file = await io.readFile(settings.keystore.value!, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES});
    if (isTransaction(message)) io.warn("the message is a transaction: the signature makes it one that can be sent");
    const signer = await unlock(io, file, {...flags, settings});
    const signature = hexOf(signer.sign(message));
    io.note(`signed ${message.length} bytes with ${signer.address}`);
    io.result({address: signer.address, message_bytes: message.length, signature}, signature);
  });

function isTransaction(message: Uint8Array): boolean {
  try {
    unsignedEnvelope.decode(message);
    return true;
  } catch (error) {
    if (error instanceof QsdmError) return false;
    throw error;
  }
}
