import type {Command} from "commander";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {addResealFlags, type ResealFlags, reseal} from "./reseal.js";

interface Flags extends ResealFlags {
  readonly config?: string;
  readonly in?: string;
  readonly out: string;
}

export const walletExportCommand = (io: Io): Command =>
  addResealFlags(
    addConfigFlag(
      defineCommand("wallet export", {
        summary: "copy a wallet to a new keystore file",
        description:
          "Opens a keystore, checks that its key is whole, and seals the key in a new file with a new salt, under the same " +
          "passphrase or another. Prints the address. The key itself is never shown, and the old file stays as it is.",
        examples: [
          {does: "a backup under the same passphrase", run: "qsdm wallet export --out /media/stick/wallet.json"},
          {
            does: "a copy for a machine with a passphrase of its own",
            run: "qsdm wallet export --out rig.json --passphrase-file pass.txt --new-passphrase-file rig-pass.txt",
          },
        ],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore, unless --in names another.", "--out": "The copy, mode 0600."},
        exit: {3: "The file is no keystore, or the passphrase does not open it."},
        seeAlso: ["wallet import", "wallet create", "wallet show"],
      }),
    )
      .option("--in <path>", "the keystore; - reads standard input (default: ~/.qsdm/wallet.json)")
      .requiredOption("--out <path>", "where the copy goes"),
  ).action(async ({config, in: path, out, ...flags}: Flags) => {
    const settings = await loadSettings(io.host, {config, keystore: path});
    await reseal(io, {from: settings.keystore.value!, to: out, fromFlag: "--in"}, {...flags, settings});
  });
