/** Opening a database file: is it ours, is it of our version, and is nobody else in it. */
import {UnavailableError} from "../../../errors.js";
import {openSqlite, type Sqlite} from "./driver.js";
import {APPLICATION_ID, SCHEMA, SCHEMA_VERSION} from "./schema.js";

const sqliteCode = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/**
 * The database at `path`, created when absent, locked for this process until it is closed. The lock is the file
 * system's, so a killed node leaves none behind.
 * @throws UnavailableError DATA_DIR_LOCKED, DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_OLDER, DATABASE_CORRUPT
 */
export function openDatabase(path: string): Sqlite {
  const db = openSqlite(path);
  try {
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = WAL");
    // FULL: an acknowledged write survives a power cut, not only a crash of the process.
    db.pragma("synchronous = FULL");
    db.pragma("cache_size = -65536");
    db.exec("BEGIN EXCLUSIVE; COMMIT");
    prepareSchema(db, path);
    return db;
  } catch (error) {
    db.close();
    throw explain(error, path);
  }
}

function explain(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code.startsWith("SQLITE_BUSY"))
    return new UnavailableError("DATA_DIR_LOCKED", `another process has ${path} open`, {
      hint: "stop the other node, or choose another --data-dir",
      cause: error,
    });
  if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT")
    return new UnavailableError("DATABASE_CORRUPT", `${path} is not a whole SQLite database`, {
      hint: "restore the data directory from a copy",
      cause: error,
    });
  return error;
}

function prepareSchema(db: Sqlite, path: string): void {
  const application = Number(db.pragma("application_id", {simple: true}));
  const version = Number(db.pragma("user_version", {simple: true}));
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as {n: bigint};
  if (tables.n === 0n) {
    db.transaction(() => {
      db.exec(SCHEMA);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
    return;
  }
  if (application !== APPLICATION_ID)
    throw new UnavailableError("DATABASE_FOREIGN", `${path} belongs to another program`, {
      hint: "choose another --data-dir",
    });
  if (version > SCHEMA_VERSION)
    throw new UnavailableError(
      "DATABASE_NEWER",
      `${path} has schema ${version}, this program knows ${SCHEMA_VERSION}`,
      {
        hint: "run the version of qsdm that wrote it, or a later one",
      },
    );
  if (version < SCHEMA_VERSION)
    throw new UnavailableError(
      "DATABASE_OLDER",
      `${path} has schema ${version}, this program writes ${SCHEMA_VERSION}`,
      {
        hint: "start from an empty data directory",
      },
    );
}
