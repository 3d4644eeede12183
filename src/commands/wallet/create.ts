import type {Command} from "commander";
import {RECOVERY_ENTROPY_BYTES} from "../../codecs/recovery.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {createKeystore} from "../../node/keys/keystore.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags, readPassphrase} from "../passphrase.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {checkPlace} from "./keystore-file.js";
import {addWordsOutFlags, checkWordsPlace, type WordsOutFlags, writeWords} from "./recovery/words.js";

interface Flags extends PassphraseFlags, Omit<WordsOutFlags, "force"> {
  readonly config?: string;
  readonly out?: string;
  readonly force: boolean;
  readonly recovery: boolean;
}

export const walletCreateCommand = (io: Io): Command =>
  addWordsOutFlags(
    addPassphraseFlags(
      addConfigFlag(
        defineCommand("wallet create", {
          summary: "make a key pair and keep it under a passphrase",
          description:
            "Makes an ML-DSA-87 key pair and writes it to a keystore file: PBKDF2-SHA256 with 600,000 rounds and " +
            "AES-256-GCM, the format that QSDM's own tools read. Prints the new address. QSDM's name for it, wallet new, works " +
            "as well.\n\n" +
            "Whoever has the file and the passphrase has the money, and nobody can bring back either: keep a copy of both. With " +
            "--recovery the key derives from 24 words, which are handed over once and bring the wallet back without its file: " +
            "qsdm wallet restore. --recovery-out and --recovery-out-fd ask for them as well.",
          examples: [
            {does: "a wallet in the usual place, passphrase typed twice", run: "qsdm wallet create"},
            {does: "one that 24 words bring back", run: "qsdm wallet create --recovery"},
            {
              does: "a wallet for a script",
              run: "qsdm wallet create --out ci.json --passphrase-file pass.txt",
            },
          ],
          environment: settingsEnvironment("keystore", "passphrase_file"),
          files: {
            "~/.qsdm/wallet.json": "The keystore, mode 0600, unless --out names another.",
            "--recovery-out": "The words, mode 0600.",
          },
          seeAlso: ["wallet show", "wallet balance", "wallet restore", "wallet recovery create"],
        }),
      ).option("--out <path>", "where the keystore goes (default: ~/.qsdm/wallet.json)"),
    ),
  )
    .option("--recovery", "make the key from 24 recovery words", false)
    .option("--force", "replace an existing keystore: its key is lost", false)
    .action(async ({config, out, force, recovery, recoveryOut, recoveryOutFd, ...passphraseFlags}: Flags) => {
      const settings = await loadSettings(io.host, {config, keystore: out});
      const path = settings.keystore.value!;
      await checkPlace(io, path, force);
      const place = {recoveryOut, recoveryOutFd, force};
      const withWords = recovery || (recoveryOut ?? recoveryOutFd) !== undefined;
      if (withWords) await checkWordsPlace(io, place, path);
      const fallbackFile = settings.passphrase_file.value;
      const passphrase = await readPassphrase(io, {...passphraseFlags, fallbackFile, fresh: true});
      const scheme = await loadMlDsa(87, "few");
      const entropy = withWords ? io.host.randomBytes(RECOVERY_ENTROPY_BYTES) : null;
      const {file, signer} = await createKeystore(passphrase, {...io.host, scheme}, entropy);
      // First, so that there is never a wallet whose words nobody has.
      if (entropy) await writeWords(io, entropy, {...place, fresh: true});
      entropy?.fill(0);
      await io.writeFile(path, file, {force, secret: true});
      const advice = withWords
        ? "the words bring it back without file and passphrase"
        : "keep a copy of it and of the passphrase: neither can be brought back";
      io.note(`wrote ${path} (mode 0600); ${advice}`);
      io.result({address: signer.address, path, recovery_out: recoveryOut ?? null}, signer.address);
    });
