/** What the store commands share: the flag, and a store that is closed whatever happens. */
import type {Command} from "commander";
import type {OfflineOpening, OfflineStore} from "../../node/upkeep/offline.js";
import type {CommandDocs} from "../define.js";
import type {Io} from "../io.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {addStorePassphraseFlag, storePassphraseOf, storePassphraseSetting} from "./passphrase.js";

export interface StoreFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly storePassphraseFile?: string;
}

/** Environment, files and exit statuses of a command that opens a store. */
export const STORE_DOCS: Pick<CommandDocs, "environment" | "files"> = {
  environment: settingsEnvironment("data_dir", "store_passphrase_file"),
  files: {
    "DIR/chain.db": "Blocks, state, receipts and what is waiting.",
    "DIR/chain.key": "Key of an encrypted store, under its passphrase. Mode 0600.",
  },
};

/** What of the exit statuses all of them have. */
export const LOCKED = "A node has the directory open, or it cannot be read or written.";

export const addStoreFlags = (command: Command): Command =>
  addStorePassphraseFlag(
    addConfigFlag(command).option("--data-dir <dir>", "where the node lives (default: ~/.qsdm/node)"),
  );

/** Opens the store, works with it and closes it. */
export async function withStore<T>(
  io: Io,
  {config, dataDir, ...flags}: StoreFlags,
  work: (opened: OfflineStore) => Promise<T>,
  {create = false, cacheBytes}: Partial<Pick<OfflineOpening, "create" | "cacheBytes">> = {},
): Promise<T> {
  const settings = await loadSettings(io.host, {config, data_dir: dataDir, ...storePassphraseSetting(flags)});
  const {openOfflineStore} = await import("../../node/upkeep/offline.js");
  const opened = await openOfflineStore(settings.data_dir.value!, {
    ...{create, cacheBytes},
    passphrase: storePassphraseOf(io, settings),
    upgraded: (from, to) => io.note(`the store was brought from schema ${from} to ${to}, for this qsdm and later ones`),
  });
  try {
    return await work(opened);
  } finally {
    opened.store.close();
  }
}
