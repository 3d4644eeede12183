import type {Command} from "commander";
import {KEYSTORE_MAX_BYTES, keystore} from "../../../codecs/keystore.js";
import {openKey} from "../../../node/keys/keystore.js";
import {recoveryOf} from "../../../node/keys/recovery-block.js";
import {defineCommand} from "../../define.js";
import {countFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {addPassphraseFlags, type PassphraseFlags, readPassphrase} from "../../passphrase.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../../settings.js";
import {checkWordsPlace, writeWords} from "./words.js";

interface Flags extends PassphraseFlags {
  readonly config?: string;
  readonly in?: string;
  readonly out?: string;
  readonly outFd?: number;
  readonly force: boolean;
}

export const walletRecoveryExportCommand = (io: Io): Command =>
  addPassphraseFlags(
    addConfigFlag(
      defineCommand("wallet recovery export", {
        summary: "write a wallet's recovery words out once more",
        description:
          "Opens the recovery block of a keystore, checks that its words bring this very key back, and hands them over: to " +
          "a new file, to a descriptor, or to the terminal. Prints the address. Works offline. QSDM's name for it, wallet " +
          "export-recovery, works as well.",
        examples: [
          {does: "look at them on the terminal", run: "qsdm wallet recovery export"},
          {does: "put them on a stick", run: "qsdm wallet recovery export --out /media/stick/words.txt"},
        ],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore, unless --in names another.", "--out": "The words, mode 0600."},
        exit: {3: "The wallet has no recovery words, or the passphrase does not open it."},
        seeAlso: ["wallet recovery create", "wallet restore"],
      }),
    ),
  )
    .option("--in <path>", "the keystore (default: ~/.qsdm/wallet.json)")
    .option("--out <path>", "file for the words (default: shown once on the terminal)")
    .option("--out-fd <number>", "open descriptor to write them to", countFlag(3, 65_535))
    .option("--force", "replace an existing file", false)
    .action(async ({config, in: given, out, outFd, force, ...flags}: Flags) => {
      const settings = await loadSettings(io.host, {config, keystore: given});
      const path = settings.keystore.value!;
      const place = {recoveryOut: out, recoveryOutFd: outFd, force, flag: "--out"};
      await checkWordsPlace(io, place, path);
      const file = keystore.readCompat(await io.readFile(path, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES}));
      const fallbackFile = settings.passphrase_file.value;
      const passphrase = await readPassphrase(io, {...flags, fallbackFile});
      const {loadMlDsa} = await import("../../../node/compute/ml-dsa.js");
      const scheme = await loadMlDsa(87, "few");
      const {secretKey, address} = await openKey(file, passphrase, scheme);
      secretKey.fill(0);
      const {entropy, locator} = await recoveryOf(file, passphrase, scheme);
      await writeWords(io, entropy, {...place, fresh: false});
      entropy.fill(0);
      io.result({address, locator, out: out ?? null}, address);
    });
