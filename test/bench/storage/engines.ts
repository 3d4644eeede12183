/** What cells are written to and read from, behind one shape: the log as a node has it, and its peers. */
import {createRequire} from "node:module";
import path from "node:path";
import {openSqlite, type Sqlite} from "../../../src/node/storage/sqlite/driver.js";
import {AppendLog} from "../../../src/node/storage/sqlite/log/append-log.js";
import type {Cell} from "../../../src/node/storage/sqlite/log/chunk.js";
import {logSchema} from "../../../src/node/storage/sqlite/log/schema.js";
import {openDatabase} from "../../../src/node/storage/sqlite/open.js";
import {peerFolder} from "../peers/peers.js";

export interface Engine {
  readonly name: string;
  /** One batch, one transaction. */
  write(cells: readonly Cell[]): void;
  get(key: Uint8Array): Uint8Array | null | undefined;
  close(): unknown;
}

/** The log in a database of the node's own form, each batch flushed. */
export function log(file: string, cacheBytes: number): Engine {
  const form = {applicationId: 1, version: 1, schema: logSchema("cell"), journal: "wal"} as const;
  const db = openDatabase(file, form);
  const cells = new AppendLog(db, "cell", cacheBytes);
  let height = 0n;
  return {
    name: `ours, ${cacheBytes / 2 ** 20} MiB of cache`,
    write: (batch) => db.transaction(() => cells.append(++height, batch)).immediate(),
    get: (key) => cells.get(key),
    close: () => db.close(),
  };
}

function sqlite(name: string, db: Sqlite, columns: string, bind: (cell: Cell) => unknown[]): Engine {
  db.pragma("journal_mode = WAL");
  db.exec(`CREATE TABLE cell ${columns}`);
  const add = db.prepare(`INSERT INTO cell VALUES (?, ?)`);
  const get = db.prepare("SELECT value FROM cell WHERE id = ?").pluck();
  return {
    name,
    write: (batch) =>
      db.transaction(() => {
        for (const cell of batch) add.run(...bind(cell));
      })(),
    get: (key) => get.get(key) as Uint8Array | undefined,
    close: () => db.close(),
  };
}

/** As its documentation begins: a batch survives a crash of the process, and not a power cut. */
export const naive = (file: string): Engine =>
  sqlite(
    "naive better-sqlite3",
    openSqlite(file),
    "(id BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID",
    ({key, value}) => [key, value],
  );

/** What SQLite does at best: rows under ascending numbers, which nobody could find by their keys. */
export function sequential(file: string): Engine {
  const db = openSqlite(file);
  db.pragma("synchronous = FULL");
  db.pragma("cache_size = -65536");
  let seq = 0;
  return sqlite("SQLite by rowid", db, "(id INTEGER PRIMARY KEY, value BLOB)", ({value}) => [++seq, value]);
}

interface Lmdb {
  transactionSync(work: () => void): void;
  putSync(key: Uint8Array, value: Uint8Array): void;
  getBinary(key: Uint8Array): Uint8Array | undefined;
  close(): Promise<void>;
}

/**
 * Null where it is not installed.
 * @param isFlushed whether a batch is on disk when it returns; as it comes, flushing overlaps with the batches behind
 */
export function lmdb(file: string, isFlushed: boolean): Engine | null {
  const folder = peerFolder();
  if (!folder) return null;
  const {open} = createRequire(path.join(folder, "package.json"))("lmdb") as {open(options: object): Lmdb};
  const form = {noSubdir: true, encoding: "binary", keyEncoding: "binary"};
  const db = open({path: file, ...form, ...(isFlushed ? {overlappingSync: false} : {})});
  return {
    name: isFlushed ? "lmdb, flushed" : "lmdb",
    write: (batch) =>
      db.transactionSync(() => {
        for (const {key, value} of batch) db.putSync(key, value);
      }),
    get: (key) => db.getBinary(key),
    close: () => db.close(),
  };
}
