import type {Command} from "commander";
import {UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {readPassphrase} from "../passphrase.js";
import {loadSettings} from "../settings.js";
import {addStoreFlags, STORE_DOCS, type StoreFlags} from "./open.js";
import {storePassphraseOf, storePassphraseSetting} from "./passphrase.js";

interface Flags extends StoreFlags {
  readonly newPassphraseFile?: string;
}

export const storeResealCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("store reseal", {
      summary: "put the key of an encrypted store under another passphrase",
      description:
        "Opens chain.key with the present passphrase and writes it anew under the next one, at once: the store itself stays as " +
        "it is, and so does a node that runs on it. Both passphrases are asked for unless files are named.\n\n" +
        "A copy of the old chain.key still opens with the old passphrase. Where somebody may have both, bring the chain into " +
        "a directory with another key: qsdm store export, qsdm node init --encrypt, qsdm store import.\n\n" +
        "Prints the id of the key, which is also in the store.",
      examples: [
        {does: "ask for both", run: "qsdm store reseal"},
        {
          does: "without a terminal",
          run: "qsdm store reseal --store-passphrase-file old.txt --new-passphrase-file new.txt",
        },
      ],
      ...STORE_DOCS,
      exit: {3: "The passphrase does not open the key.", 4: "The directory holds no node, or cannot be written."},
      seeAlso: ["node init", "node run"],
    }),
  )
    .option("--new-passphrase-file <path>", "file with the next passphrase; - reads standard input")
    .action(async ({config, dataDir, newPassphraseFile, ...flags}: Flags) => {
      const settings = await loadSettings(io.host, {config, data_dir: dataDir, ...storePassphraseSetting(flags)});
      const directory = settings.data_dir.value!;
      const {readDataDir, replaceStoreKey} = await import("../../node/data-dir.js");
      const {storeKey} = await readDataDir(directory);
      if (storeKey === null)
        throw new UsageError("STORE_NOT_ENCRYPTED", `${directory} has no chain.key: its store is not encrypted`, {
          hint: "qsdm node init --encrypt makes encrypted stores",
        });
      const current = await storePassphraseOf(io, settings).read();
      const source = newPassphraseFile === undefined ? {} : {passphraseFile: newPassphraseFile};
      const next = await readPassphrase(io, {
        ...source,
        fallbackFile: null,
        fresh: true,
        flag: "--new-passphrase-file",
      });
      const {resealStoreKey} = await import("../../node/storage/seal/key-file.js");
      const {storeKey: codec} = await import("../../codecs/store-key.js");
      const {hexOf} = await import("../../codecs/bytes.js");
      const resealed = await resealStoreKey(storeKey, {current, next});
      await replaceStoreKey(directory, resealed);
      const keyId = hexOf(codec.decode(resealed).keyId);
      io.result({key_id: keyId, data_dir: directory}, keyId);
    });
