import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {KEYSTORE_MAX_BYTES, keystore, sealedKeyOf} from "../../codecs/keystore.js";
import {recoverySchemeOf} from "../../codecs/keystore-recovery.js";
import {KEYSTORE_CIPHER, KEYSTORE_KDF} from "../../codecs/keystore-seal.js";
import {ML_DSA_87} from "../../codecs/suite.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";

/** What a keystore file tells without its passphrase. @throws DecodeError KEYSTORE_INVALID */
export function describeKeystore(bytes: Uint8Array) {
  const file = keystore.readCompat(bytes);
  const {createdAt, recovery} = file;
  const {address, publicKey, iterations} = sealedKeyOf(file);
  return {
    address,
    algorithm: ML_DSA_87.name,
    public_key: hexOf(publicKey),
    kdf: KEYSTORE_KDF,
    kdf_iterations: iterations,
    cipher: KEYSTORE_CIPHER,
    created_at: createdAt,
    recovery_enabled: recovery !== null,
    recovery_scheme: recovery && recoverySchemeOf(recovery),
  };
}

export const walletShowCommand = (io: Io): Command =>
  addConfigFlag(
    defineCommand("wallet show", {
      summary: "print a wallet's address",
      description:
        "Checks a keystore file as far as that goes without the passphrase and prints the address in it. --json adds the " +
        "public key and how the secret is protected.",
      examples: [
        {does: "the address of your wallet", run: "qsdm wallet show"},
        {does: "the public key of another one", run: "qsdm wallet show --in rig.json --json | jq -r .data.public_key"},
      ],
      environment: settingsEnvironment("keystore"),
      files: {"~/.qsdm/wallet.json": "The keystore, unless --in names another."},
      seeAlso: ["wallet create", "wallet balance"],
    }),
  )
    .option("--in <path>", "the keystore; - reads standard input (default: ~/.qsdm/wallet.json)")
    .action(async ({config, in: path}: {config?: string; in?: string}) => {
      const settings = await loadSettings(io.host, {config, keystore: path});
      const {value} = settings.keystore;
      const wallet = describeKeystore(await io.readFile(value!, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES}));
      io.result({path: value, ...wallet}, wallet.address);
    });
