/** What an import reads: opened together, closed together. */
import type {Journal} from "../../node/storage/migrate/qsdm/journal.js";
import type {WalletDatabase} from "../../node/storage/migrate/qsdm/wallet-database.js";
import type {Compression} from "../../node/storage/sqlite/compression.js";

export interface Sources {
  readonly journal: Journal | null;
  readonly database: WalletDatabase | null;
  readonly compression: Compression;
  /** Statements that made the tables that are read. */
  readonly schema: readonly string[];
  close(): Promise<void>;
}

/** @throws UsageError FILE_NOT_FOUND, FILE_UNREADABLE, IMPORT_NOT_QSDM */
export async function openSources(paths: {readonly chain?: string; readonly database?: string}): Promise<Sources> {
  const {loadCompression} = await import("../../node/storage/sqlite/compression.js");
  const {Journal} = await import("../../node/storage/migrate/qsdm/journal.js");
  const {WalletDatabase} = await import("../../node/storage/migrate/qsdm/wallet-database.js");
  const compression = await loadCompression();
  const database = paths.database === undefined ? null : WalletDatabase.open(paths.database, compression);
  try {
    const journal = paths.chain === undefined ? null : await Journal.open(paths.chain);
    return {
      ...{journal, database, compression, schema: database?.schema ?? []},
      async close() {
        database?.close();
        await journal?.close();
      },
    };
  } catch (error) {
    database?.close();
    throw error;
  }
}
