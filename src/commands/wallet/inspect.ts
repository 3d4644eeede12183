import type {Command} from "commander";
import {KEYSTORE_MAX_BYTES} from "../../codecs/keystore.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags} from "../passphrase.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {unlock} from "./keystore-file.js";
import {describeKeystore} from "./show.js";

interface Flags extends PassphraseFlags {
  readonly config?: string;
  readonly in?: string;
}

export const walletInspectCommand = (io: Io): Command =>
  addPassphraseFlags(
    addConfigFlag(
      defineCommand("wallet inspect", {
        summary: "check that the passphrase opens a wallet, and that its key is whole",
        description:
          "Opens a keystore, derives the public key from the secret one, and prints the address if they belong together. " +
          "The key itself is never shown. Do this with every backup before you need it.",
        examples: [{does: "check a backup", run: "qsdm wallet inspect --in /media/stick/wallet.json"}],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore, unless --in names another."},
        exit: {3: "The file is no keystore, the passphrase does not open it, or its key is damaged."},
        seeAlso: ["wallet show", "wallet export"],
      }),
    ),
  )
    .option("--in <path>", "the keystore; - reads standard input (default: ~/.qsdm/wallet.json)")
    .action(async ({config, in: path, ...flags}: Flags) => {
      const settings = await loadSettings(io.host, {config, keystore: path});
      const {value} = settings.keystore;
      const file = await io.readFile(value!, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES});
      const wallet = describeKeystore(file);
      const {address} = await unlock(io, file, {...flags, settings});
      io.result({path: value, ...wallet, opened: true}, address);
    });
