/** Opening a database file: is it ours, is it of our version, and is nobody else in it. */
import {statSync} from "node:fs";
import {UnavailableError} from "../../../errors.js";
import {openSqlite, type Sqlite} from "./driver.js";
import {explainWrite, sqliteCode} from "./failure.js";
import {isForeign} from "./foreign.js";
import {APPLICATION_ID, SCHEMA, SCHEMA_VERSION, UNFINISHED_ID} from "./schema.js";
import {CHAIN_STEPS, type SchemaStep} from "./steps.js";

/** What a file is: tables, and the marks by which it is told. */
export interface DatabaseForm {
  readonly applicationId: number;
  /** Raised with every change to the tables. */
  readonly version: number;
  readonly schema: string;
  /** How files of earlier versions get there, in order; those before the first step are refused. */
  readonly steps?: readonly SchemaStep[];
  /** `truncate` keeps no copy of what is deleted, `wal` writes faster. */
  readonly journal: "wal" | "truncate";
}

/** `auto_vacuum` as it is read. */
const INCREMENTAL = 2n;

/** Of a node's database. */
export const CHAIN: DatabaseForm = {
  applicationId: APPLICATION_ID,
  version: SCHEMA_VERSION,
  schema: SCHEMA,
  steps: CHAIN_STEPS,
  journal: "wal",
};

/** Told of a file that was brought from one version to another. */
export type Upgraded = (from: number, to: number) => void;

export interface OpenHooks {
  readonly upgraded?: Upgraded;
  /** Looks at a file that was just made, or before anything in it is changed; what it throws leaves the file as it was. */
  readonly check?: (db: Sqlite) => void;
}

/**
 * The database at `path`, created when absent, brought to this version when an earlier one wrote it, locked for this
 * process until it is closed. The lock is the file system's, so a killed node leaves none behind.
 * @throws UnavailableError DATA_DIR_LOCKED, DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_OLDER, DATABASE_UNFINISHED,
 *   DATABASE_CORRUPT, STORE_WRITE_FAILED; what `check` throws
 */
export function openDatabase(path: string, form: DatabaseForm = CHAIN, {upgraded, check}: OpenHooks = {}): Sqlite {
  if (!isHeld(path) && isForeign(path, [form.applicationId, UNFINISHED_ID])) throw foreign(path);
  const db = openSqlite(path);
  try {
    db.pragma("locking_mode = EXCLUSIVE");
    // Before anything is written, a journal mode included: what is not ours stays as it is.
    const version = versionIn(db, path, form);
    // Before the first table, or it does nothing: what is pruned can be given back to the file system. Setting it writes.
    if (db.pragma("auto_vacuum", {simple: true}) !== INCREMENTAL) db.pragma("auto_vacuum = INCREMENTAL");
    db.pragma(`journal_mode = ${form.journal}`);
    // FULL: an acknowledged write survives a power cut, not only a crash of the process.
    db.pragma("synchronous = FULL");
    db.pragma("cache_size = -65536");
    db.exec("BEGIN EXCLUSIVE; COMMIT");
    if (version === null) create(db, form);
    check?.(db);
    if (version !== null && version < form.version) {
      upgrade(db, stepsFrom(version, path, form));
      upgraded?.(version, form.version);
    }
    return hold(db, path);
  } catch (error) {
    db.close();
    throw explain(error, path);
  }
}

/**
 * Databases that this process has open, by their file. Whoever closes a file that was opened besides gives up all locks of
 * the process on it (https://www.sqlite.org/howtocorrupt.html, section 2.2): what is held here is read by SQLite alone.
 */
const HELD = new Map<string, Sqlite>();

function isHeld(path: string): boolean {
  const file = fileAt(path);
  return file !== null && HELD.get(file)?.open === true;
}

function hold(db: Sqlite, path: string): Sqlite {
  for (const [file, {open}] of HELD) if (!open) HELD.delete(file);
  const file = fileAt(path);
  if (file !== null) HELD.set(file, db);
  return db;
}

/** A file under whatever name; null where there is none. */
function fileAt(path: string): string | null {
  const found = statSync(path, {bigint: true, throwIfNoEntry: false});
  return found ? `${found.dev}/${found.ino}` : null;
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
  return explainWrite(error, path);
}

const foreign = (path: string): UnavailableError =>
  new UnavailableError("DATABASE_FOREIGN", `${path} belongs to another program`, {hint: "choose another --data-dir"});

/** The version of a file, which is of this form; null where it is empty. */
function versionIn(db: Sqlite, path: string, form: DatabaseForm): number | null {
  const application = Number(db.pragma("application_id", {simple: true}));
  const version = Number(db.pragma("user_version", {simple: true}));
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as {n: bigint};
  if (tables.n === 0n) return null;
  if (application === UNFINISHED_ID && form.applicationId !== UNFINISHED_ID)
    throw new UnavailableError("DATABASE_UNFINISHED", `${path} is what a restore that did not end left`, {
      hint: "run qsdm snapshot restore again, which begins anew, or remove the file",
    });
  if (application !== form.applicationId) throw foreign(path);
  if (version > form.version)
    throw new UnavailableError("DATABASE_NEWER", `${path} has schema ${version}, this program knows ${form.version}`, {
      hint: "run the version of qsdm that wrote it, or a later one",
    });
  stepsFrom(version, path, form);
  return version;
}

/** How a file of an earlier version gets to this one. */
function stepsFrom(version: number, path: string, form: DatabaseForm): readonly SchemaStep[] {
  const steps = (form.steps ?? []).filter(({to}) => to > version);
  if (version < form.version && steps[0]?.to !== version + 1)
    throw new UnavailableError("DATABASE_OLDER", `${path} has schema ${version}, this program writes ${form.version}`, {
      hint: "no later version reads it: start from an empty data directory, and sync or import the chain",
    });
  return steps;
}

function create(db: Sqlite, {schema, applicationId, version}: DatabaseForm): void {
  db.transaction(() => {
    db.exec(schema);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${version}`);
  })();
}

/** Every step with the number that it reaches in one transaction: whoever is killed on the way goes on from there. */
function upgrade(db: Sqlite, steps: readonly SchemaStep[]): void {
  for (const {to, apply} of steps)
    db.transaction(() => {
      apply(db);
      db.pragma(`user_version = ${to}`);
    }).immediate();
}
