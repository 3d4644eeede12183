import type {Command} from "commander";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {createKeystore} from "../../node/keys/keystore.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags, readPassphrase} from "../passphrase.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {checkPlace} from "./keystore-file.js";

interface Flags extends PassphraseFlags {
  readonly config?: string;
  readonly out?: string;
  readonly force: boolean;
}

export const walletCreateCommand = (io: Io): Command =>
  addPassphraseFlags(
    addConfigFlag(
      defineCommand("wallet create", {
        summary: "make a key pair and keep it under a passphrase",
        description:
          "Makes an ML-DSA-87 key pair and writes it to a keystore file: PBKDF2-SHA256 with 600,000 rounds and " +
          "AES-256-GCM, the format that QSDM's own tools read. Prints the new address. QSDM's name for it, wallet new, works " +
          "as well.\n\n" +
          "Whoever has the file and the passphrase has the money, and nobody can bring back either: keep a copy of both.",
        examples: [
          {does: "a wallet in the usual place, passphrase typed twice", run: "qsdm wallet create"},
          {
            does: "a wallet for a script",
            run: "qsdm wallet create --out ci.json --passphrase-file pass.txt",
          },
        ],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore, mode 0600, unless --out names another."},
        seeAlso: ["wallet show", "wallet balance"],
      }),
    ).option("--out <path>", "where the keystore goes (default: ~/.qsdm/wallet.json)"),
  )
    .option("--force", "replace an existing keystore: its key is lost", false)
    .action(async ({config, out, force, ...passphraseFlags}: Flags) => {
      const settings = await loadSettings(io.host, {config, keystore: out});
      const path = settings.keystore.value!;
      await checkPlace(io, path, force);
      const fallbackFile = settings.passphrase_file.value;
      const passphrase = await readPassphrase(io, {...passphraseFlags, fallbackFile, fresh: true});
      const scheme = await loadMlDsa(87, "few");
      const {file, signer} = await createKeystore(passphrase, {...io.host, scheme});
      await io.writeFile(path, file, {force, secret: true});
      io.note(`wrote ${path} (mode 0600); keep a copy of it and of the passphrase: neither can be brought back`);
      io.result({address: signer.address, path}, signer.address);
    });
