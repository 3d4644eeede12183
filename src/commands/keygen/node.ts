import type {Command} from "commander";
import {ML_DSA_SEED_BYTES} from "../../codecs/suite.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {formatKeyFile} from "../../node/keys/key-file.js";
import {signerOfSeed} from "../../node/keys/signer.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";

export const keygenNodeCommand = (io: Io): Command =>
  defineCommand("keygen node", {
    summary: "make the key with which a rig signs its proofs",
    description:
      "Writes the 32-byte seed of an ML-DSA-87 key pair as hex to a new file, mode 0600, and prints the SHA-256 of the " +
      "public key. --json adds the public key. Enrollment registers it: from then on two proofs that it signed for one " +
      "height cost the bond, so keep one file for one rig.",
    examples: [{does: "a key for one rig", run: "qsdm keygen node --out rig1.key"}],
    files: {"--out": "The seed, mode 0600."},
    seeAlso: ["keygen hmac", "enroll", "mine"],
  })
    .requiredOption("--out <path>", "file for the seed")
    .option("--force", "replace an existing file: its key is lost", false)
    .action(async ({out, force}: {out: string; force: boolean}) => {
      const seed = io.host.randomBytes(ML_DSA_SEED_BYTES);
      const {address, publicKey} = signerOfSeed(await loadMlDsa(87, "few"), seed);
      await io.writeFile(out, formatKeyFile(seed), {force, secret: true});
      io.result({path: out, key_id: address, public_key: publicKey}, address);
    });
