import {type Command, Option} from "commander";
import {bytesOfHex, hexOf, textOf} from "../../codecs/bytes.js";
import {addressOfPolicy, POLICY_KEYS_MAX, policy, policyOf} from "../../codecs/chain/multisig.js";
import {KEYSTORE_MAX_BYTES, keystore, sealedKeyOf} from "../../codecs/keystore.js";
import {defineCommand} from "../define.js";
import {countFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";

/** A public key out of a keystore, or out of its own hex. @throws DecodeError KEYSTORE_INVALID, HEX_INVALID */
export function publicKeyIn(file: Uint8Array): Uint8Array {
  const text = textOf(file).trim();
  return text.startsWith("{") ? sealedKeyOf(keystore.readCompat(file)).publicKey : bytesOfHex(text.toLowerCase());
}

interface Flags {
  readonly threshold: number;
  readonly key: readonly string[];
  readonly out: string;
  readonly force: boolean;
}

export const walletMultisigCommand = (io: Io): Command =>
  defineCommand("wallet multisig", {
    summary: "make the policy of an account that several keys control",
    description:
      "Writes a policy, k of n keys, and prints the address that it controls. Works offline and needs public keys alone. " +
      "Nothing is registered: whoever has the same keys and threshold finds the same address, in whatever order they are " +
      "named. The address cannot be turned back into the policy, so keep the file: without it nobody can spend.",
    examples: [
      {
        does: "an account that two of three people control",
        run: "qsdm wallet multisig --threshold 2 --key ann.hex --key bob.hex --key me.json --out shared.policy",
      },
      {does: "your own public key for the others", run: "qsdm wallet show --json | jq -r .data.public_key > me.hex"},
    ],
    exit: {3: "A file holds no key, a key is there twice, or the threshold cannot be met."},
    seeAlso: ["tx sign", "tx combine", "wallet show"],
  })
    .requiredOption("--threshold <count>", "how many keys have to sign", countFlag(1, POLICY_KEYS_MAX))
    .addOption(
      new Option("--key <path>", `a member's public key as hex, or a keystore; 2 to ${POLICY_KEYS_MAX} of them`)
        .argParser(repeatFlag)
        .makeOptionMandatory(),
    )
    .requiredOption("--out <path>", "file for the policy")
    .option("--force", "replace an existing file", false)
    .action(async ({threshold, key, out, force}: Flags) => {
      const keys: Uint8Array[] = [];
      for (const path of key)
        keys.push(publicKeyIn(await io.readFile(path, {flag: "--key", maxBytes: KEYSTORE_MAX_BYTES})));
      const value = policyOf(threshold, keys);
      const bytes = policy.encode(value);
      await io.writeFile(out, bytes, {force});
      const address = addressOfPolicy(value);
      io.result({address, threshold, keys: value.keys.map(hexOf), path: out}, address);
    });
