import type {Command} from "commander";
import {addressOfKey} from "../../codecs/address.js";
import {recoverySeed} from "../../codecs/recovery.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {checkPlace} from "./keystore-file.js";
import {addRestoreFlags, keepRestored, type RestoreFlags} from "./recovery/open.js";
import {addWordsInFlags, readWords, type WordsInFlags} from "./recovery/words.js";

interface Flags extends RestoreFlags, WordsInFlags {
  readonly config?: string;
}

export const walletRestoreCommand = (io: Io): Command =>
  addRestoreFlags(
    addWordsInFlags(
      addConfigFlag(
        defineCommand("wallet restore", {
          summary: "bring a wallet back from the recovery words that it was made from",
          description:
            "Derives the key from the 24 recovery words and writes it to a new keystore under a new passphrase. Works " +
            "offline. Prints the address.\n\n" +
            "Any 24 words that fit together give some wallet. Those of a wallet that got its words later give another one, " +
            "with nothing in it: for these it is qsdm wallet recovery open. --expected-address refuses the wrong one.",
          examples: [
            {does: "on a new machine, words typed in", run: "qsdm wallet restore"},
            {
              does: "from files, and only if it is this wallet",
              run: "qsdm wallet restore --recovery-file words.txt --passphrase-file pass.txt --expected-address ADDRESS",
            },
          ],
          environment: settingsEnvironment("keystore", "passphrase_file"),
          files: {"~/.qsdm/wallet.json": "The wallet, mode 0600, unless --out names another place."},
          exit: {3: "The words are wrong, or those of another wallet."},
          seeAlso: ["wallet create", "wallet recovery open", "wallet recovery export"],
        }),
      ),
    ),
  ).action(async (flags: Flags) => {
    const settings = await loadSettings(io.host, {config: flags.config, keystore: flags.out});
    const path = settings.keystore.value!;
    await checkPlace(io, path, flags.force);
    const entropy = await readWords(io, flags);
    const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
    const seed = recoverySeed(entropy);
    const pair = (await loadMlDsa(87, "few")).keygenFromSeed(seed);
    seed.fill(0);
    const address = addressOfKey(pair.publicKey);
    await keepRestored(io, {...pair, address, recovery: {entropy, locator: null}}, {...flags, path, settings});
  });
