import type {Command} from "commander";
import {checkAddress} from "../../../codecs/address.js";
import {type Capsule, capsule} from "../../../codecs/envelopes/actions.js";
import {capsuleLocator} from "../../../codecs/recovery.js";
import {QsdmError, RuleError} from "../../../errors.js";
import {openCapsule} from "../../../node/keys/capsule.js";
import {type KeyPair, keystoreOfKey} from "../../../node/keys/keystore.js";
import type {Recovery} from "../../../node/keys/recovery-block.js";
import {type ClientFlags, settingFlags, withClient} from "../../client.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {addPassphraseFlags, type PassphraseFlags, readPassphrase} from "../../passphrase.js";
import {addClientFlags, loadSettings, settingsEnvironment} from "../../settings.js";
import {checkPlace} from "../keystore-file.js";
import {capsuleFrom} from "./capsule.js";
import {addWordsInFlags, readWords, type WordsInFlags} from "./words.js";

export interface RestoreFlags extends PassphraseFlags {
  readonly out?: string;
  readonly expectedAddress?: string;
  readonly force: boolean;
}

interface Flags extends RestoreFlags, WordsInFlags, ClientFlags {
  readonly capsuleFile?: string;
}

/** Longest copy of a capsule: its ciphertext takes 10 KiB in base64. */
const CAPSULE_FILE_MAX_BYTES = 32_768;

export const addRestoreFlags = (command: Command): Command =>
  addPassphraseFlags(command.option("--out <path>", "where the wallet goes (default: ~/.qsdm/wallet.json)"))
    .option("--expected-address <address>", "refuse words that bring another wallet back", checkAddress)
    .option("--force", "replace an existing keystore: its key is lost", false);

export const walletRecoveryOpenCommand = (io: Io): Command =>
  addRestoreFlags(
    addWordsInFlags(
      addClientFlags(
        defineCommand("wallet recovery open", {
          summary: "bring a wallet back from its recovery words and the capsule on the chain",
          description:
            "Reads the 24 recovery words, asks the node for the capsule that they name, opens it, checks that the key in it " +
            "is whole, and writes it to a new keystore under a new passphrase. The node sees the capsule's locator and never " +
            "the words. Prints the address. QSDM's name for it, wallet restore-legacy, works as well.\n\n" +
            "This is for wallets that wallet recovery create gave their words. One that was made from its words needs no " +
            "capsule: qsdm wallet restore brings it back.",
          examples: [
            {does: "on a new machine, words typed in", run: "qsdm wallet recovery open"},
            {
              does: "from a copy of the capsule, without a node",
              run: "qsdm wallet recovery open --recovery-file words.txt --capsule-file capsule.json",
            },
          ],
          environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
          files: {"~/.qsdm/wallet.json": "The wallet, mode 0600, unless --out names another place."},
          exit: {3: "The words are wrong, or there is no capsule that they open."},
          seeAlso: ["wallet recovery create", "wallet restore", "wallet recovery show"],
        }),
      ),
    ).option("--capsule-file <path>", "a copy of the capsule (default: the node is asked for it)"),
  ).action(async (flags: Flags) => {
    const {config, out} = flags;
    const settings = await loadSettings(io.host, {...settingFlags(flags), config, keystore: out});
    const path = settings.keystore.value!;
    await checkPlace(io, path, flags.force);
    const entropy = await readWords(io, flags);
    const locator = capsuleLocator(entropy);
    const sealed = await obtain(io, flags, locator);
    const {loadMlDsa} = await import("../../../node/compute/ml-dsa.js");
    const scheme = await loadMlDsa(87, "few");
    const pair = openCapsule(sealed, entropy, scheme);
    await keepRestored(io, {...pair, recovery: {entropy, locator}}, {...flags, path, settings});
  });

async function obtain(io: Io, flags: Flags, locator: string): Promise<Capsule> {
  const {capsuleFile} = flags;
  if (capsuleFile !== undefined)
    return capsule.readCompat(
      await io.readFile(capsuleFile, {flag: "--capsule-file", maxBytes: CAPSULE_FILE_MAX_BYTES}),
    );
  try {
    return (await withClient(io, flags, (client) => capsuleFrom(client, locator))).capsule;
  } catch (error) {
    if (!(error instanceof QsdmError) || error.code !== "CAPSULE_NOT_FOUND") throw error;
    throw new RuleError("CAPSULE_NOT_FOUND", `the node has no capsule for these words, at ${locator}`, {
      hint: "ask another node with --api-url; a wallet made from its words needs none: qsdm wallet restore",
      cause: error,
    });
  }
}

interface Keeping extends RestoreFlags {
  readonly path: string;
  readonly settings: Awaited<ReturnType<typeof loadSettings>>;
}

/**
 * Writes a key that its words brought back.
 * @throws RuleError ADDRESS_UNEXPECTED; UsageError of the passphrase and the place
 */
export async function keepRestored(
  io: Io,
  {address, ...key}: KeyPair & {readonly address: string; readonly recovery: Recovery},
  {path, settings, expectedAddress, force, ...passphraseFlags}: Keeping,
): Promise<void> {
  if (expectedAddress !== undefined && expectedAddress !== address)
    throw new RuleError("ADDRESS_UNEXPECTED", `the words bring ${address} back, not ${expectedAddress}`, {
      hint: "these are the words of another wallet, or of one that was made in the other way: see --help",
    });
  const fallbackFile = settings.passphrase_file.value;
  const passphrase = await readPassphrase(io, {...passphraseFlags, fallbackFile, fresh: true});
  const file = await keystoreOfKey(key, passphrase, io.host);
  key.secretKey.fill(0);
  key.recovery.entropy.fill(0);
  await io.writeFile(path, file, {force, secret: true});
  io.note(`wrote ${path} (mode 0600); it has the recovery words in it as well, under the passphrase`);
  io.result({address, path}, address);
}
