import type {Command} from "commander";
import {formatKeyFile, HMAC_KEY_BYTES} from "../../node/keys/key-file.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";

export const keygenHmacCommand = (io: Io): Command =>
  defineCommand("keygen hmac", {
    summary: "make the attestation MAC key of a GPU",
    description:
      "Writes 32 random bytes as hex to a new file, mode 0600, and prints its path. qsdm enroll and qsdm mine take it " +
      "as --hmac-key-file.",
    examples: [{does: "a key for one rig", run: "qsdm keygen hmac --out rig1.hmac"}],
    files: {"--out": "The key, mode 0600."},
    seeAlso: ["keygen node", "enroll", "mine"],
  })
    .requiredOption("--out <path>", "file for the key")
    .option("--force", "replace an existing file: its key is lost", false)
    .action(async ({out, force}: {out: string; force: boolean}) => {
      const key = io.host.randomBytes(HMAC_KEY_BYTES);
      await io.writeFile(out, formatKeyFile(key), {force, secret: true});
      io.result({path: out, key_bytes: key.length}, out);
    });
