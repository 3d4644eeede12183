import {type Command, Option} from "commander";
import {checkAddress} from "../../../codecs/address.js";
import {defineCommand} from "../../define.js";
import {cellFlag, durationFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {addPassphraseFlags} from "../../passphrase.js";
import {addClientFlags, settingsEnvironment} from "../../settings.js";
import {type CreateRecoveryFlags, createRecovery} from "./creation.js";
import {addWordsInFlags, addWordsOutFlags} from "./words.js";

const CONFIRM_TIMEOUT_MS = 90_000;

export const walletRecoveryCreateCommand = (io: Io): Command =>
  addWordsOutFlags(
    addWordsInFlags(
      addPassphraseFlags(
        addClientFlags(
          defineCommand("wallet recovery create", {
            summary: "give a wallet recovery words, and the chain its encrypted key",
            description:
              "Makes 24 recovery words for a wallet that has none, hands them over, seals the wallet's key under them, and " +
              "registers that capsule on the chain, where anybody may read it and only the words open it. Waits for the " +
              "block, reads the capsule back, opens it, and then writes the words into the keystore as well, under its " +
              "passphrase; the file before that stays beside it as .pre-recovery-TIME.bak. Prints the capsule's locator. " +
              "QSDM's name for it, wallet enable-recovery, works as well.\n\n" +
              "The address stays as it is. The account must have held something, and pays the fee. Where " +
              "no node or no block took the capsule in time, --reuse takes the same words once more. --replace makes new words " +
              "in place of those before, whose capsule leaves the state; nodes that keep old blocks still have it.",
            examples: [
              {does: "write the words down from the terminal", run: "qsdm wallet recovery create"},
              {
                does: "in a script, words into a file",
                run: "qsdm wallet recovery create --recovery-out /media/stick/words.txt --passphrase-file pass.txt",
              },
              {
                does: "go on where a timeout ended it",
                run: "qsdm wallet recovery create --reuse --recovery-file /media/stick/words.txt",
              },
            ],
            environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
            files: {
              "~/.qsdm/wallet.json": "The keystore, unless --in names another.",
              "--recovery-out": "The words, mode 0600.",
            },
            exit: {
              3: "The wallet has words already, or the ledger refuses the capsule.",
              5: "No block has taken the capsule in time; the keystore is as it was.",
            },
            seeAlso: ["wallet recovery open", "wallet recovery show", "wallet recovery export"],
          }),
        ),
      ),
      "words that were made before",
    ),
  )
    .option("--in <path>", "the keystore (default: ~/.qsdm/wallet.json)")
    .option("--expected-address <address>", "refuse the keystore of another account", checkAddress)
    .option("--replace", "make new words for a wallet whose words open a capsule", false)
    .option("--force", "replace an existing file of words: the words in it are lost", false)
    .option("--fee <cell>", "what you pay, in CELL (default: the base fee)", cellFlag)
    .addOption(
      new Option("--confirm-timeout <duration>", "how long to wait for a block")
        .argParser(durationFlag)
        .default(CONFIRM_TIMEOUT_MS, "90s"),
    )
    .option("--reuse", "give words that were made before once more; asked for without --recovery-file", false)
    .action((flags: CreateRecoveryFlags) => createRecovery(io, flags));
