/** A data directory without a node: its store, and its chain where blocks are executed. */
import {stat} from "node:fs/promises";
import {UnavailableError} from "../../errors.js";
import {loadBackend} from "../compute/backend.js";
import {type DataDir, readDataDir} from "../data-dir.js";
import {loadKeys} from "../keys-part.js";
import {type Ledger, openLedger} from "../ledger-part.js";
import {DEFAULT_NODE_OPTIONS} from "../node.js";
import type {Log} from "../service.js";
import type {Cells} from "../storage/seal/cells.js";
import {passingCells} from "../storage/seal/key-file.js";
import type {Upgraded} from "../storage/sqlite/open.js";
import {SqliteStore, type SqliteStoreOptions} from "../storage/sqlite/store.js";
import {type StorePassphrase, unlock} from "../unlock.js";
import type {ReplayPorts} from "./replay.js";

export interface OfflineStore {
  readonly dir: DataDir;
  readonly store: SqliteStore;
}

export interface OfflineOpening {
  /** Whether a store is made where there is none. */
  readonly create: boolean;
  readonly passphrase: StorePassphrase | null;
  readonly upgraded: Upgraded;
  /** Memory for what was read; a node's where nothing is said. */
  readonly cacheBytes?: number | undefined;
}

/**
 * The store of a data directory, locked for this process.
 * @throws UnavailableError DATABASE_MISSING; what `readDataDir`, `unlock` and `SqliteStore.open` throw
 */
export async function openOfflineStore(
  dataDir: string,
  {create, passphrase, upgraded, cacheBytes}: OfflineOpening,
): Promise<OfflineStore> {
  const dir = await readDataDir(dataDir);
  if (!create && !(await isThere(dir.databasePath)))
    throw new UnavailableError("DATABASE_MISSING", `${dataDir} holds no chain yet`, {
      hint: "run the node once, or fill the directory with qsdm store import",
    });
  const options = {...databaseOf(dir, await unlock(dir, passphrase)), upgraded};
  return {dir, store: await SqliteStore.open(cacheBytes === undefined ? options : {...options, cacheBytes})};
}

/**
 * A store that is gone with the process: a file without a name, because headers of years are more than memory holds.
 * @param isEncrypted whether what it copies is, for then it is too, under a key that nobody has
 */
export const openScratchStore = (isEncrypted: boolean): Promise<SqliteStore> =>
  SqliteStore.open({path: "", ...(isEncrypted && {cells: passingCells()}), ...keptBy()});

/** The database of a data directory, with the limits that a node has. */
export const databaseOf = ({databasePath}: DataDir, cells: Cells): SqliteStoreOptions => ({
  ...{path: databasePath, cells},
  ...keptBy(),
});

const keptBy = (): Omit<SqliteStoreOptions, "path"> => {
  const {slashReceiptsMax, eventBlocksKept} = DEFAULT_NODE_OPTIONS;
  return {slashReceiptsMax, eventBlocksKept};
};

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

export interface OfflinePorts {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly commit: string;
}

export interface OfflineChain extends ReplayPorts {
  readonly ledger: Ledger;
  close(): void;
}

/** The chain in `store` with all the rules of a node, which nobody serves. Whoever opened the store closes it. */
export async function openOfflineChain(
  {dir, store}: OfflineStore,
  {log, signal, version, commit}: OfflinePorts,
): Promise<OfflineChain> {
  const backend = await loadBackend();
  const keys = await loadKeys(dir, null);
  try {
    const options = {...DEFAULT_NODE_OPTIONS, dataDir: ""};
    const ports = {log, nowMs: () => Date.now(), version, commit};
    const broken = (error: unknown): void => log.error({err: error}, "a part failed");
    const ledger = await openLedger({options, ports, dir, store, broken, signal}, keys, backend);
    await ledger.desk.resume();
    return {
      ledger,
      chain: ledger.chain,
      verifyVote: keys.verifyVote,
      prepareTable: () => ledger.desk.work.start(signal),
      close: () => keys.signed.close(),
    };
  } catch (error) {
    keys.signed.close();
    throw error;
  }
}
