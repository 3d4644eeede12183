import type {Command} from "commander";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {addResealFlags, type ResealFlags, reseal} from "./reseal.js";

interface Flags extends ResealFlags {
  readonly config?: string;
  readonly in: string;
  readonly out?: string;
}

export const walletImportCommand = (io: Io): Command =>
  addResealFlags(
    addConfigFlag(
      defineCommand("wallet import", {
        summary: "take over a keystore file as the wallet",
        description:
          "Reads a keystore file of this program or of QSDM's own tools, checks that the passphrase opens it and that its " +
          "key is whole, and seals the key in the wallet's place with a new salt and today's number of rounds. Prints the " +
          "address. The key itself is never shown, and the file that was read stays as it is.",
        examples: [
          {does: "take over a QSDM wallet", run: "qsdm wallet import --in old-wallet.json"},
          {
            does: "give it another passphrase on the way",
            run: "qsdm wallet import --in old-wallet.json --passphrase-file old.txt --new-passphrase-file new.txt",
          },
        ],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The wallet, mode 0600, unless --out names another place."},
        exit: {3: "The file is no keystore, or the passphrase does not open it."},
        seeAlso: ["wallet export", "wallet create", "wallet show"],
      }),
    )
      .requiredOption("--in <path>", "the keystore to read; - reads standard input")
      .option("--out <path>", "where the wallet goes (default: ~/.qsdm/wallet.json)"),
  ).action(async ({config, in: from, out, ...flags}: Flags) => {
    const settings = await loadSettings(io.host, {config, keystore: out});
    await reseal(io, {from, to: settings.keystore.value!, fromFlag: "--in"}, {...flags, settings});
  });
