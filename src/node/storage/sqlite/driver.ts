/**
 * The SQLite binding that this Node can load. Version 13 needs Node-API 10 and dies with a segmentation fault below
 * it, without a message, so the choice is made before anything is opened.
 */
import {createRequire} from "node:module";
import type Database from "better-sqlite3";
import {UnavailableError} from "../../../errors.js";

/** An open database. */
export type Sqlite = Database.Database;
/** A prepared statement; parameters are checked by the store that prepares it. */
export type Statement = Database.Statement<unknown[]>;

const load = createRequire(import.meta.url);

/**
 * Opens or creates the database at `path`; with `readonly` it must be there, and an empty path is a file without a name
 * that is gone when it is closed. Integers come back as bigint: heights do not fit a double.
 * @throws UnavailableError SQLITE_UNAVAILABLE where the binding was not built
 */
export function openSqlite(path: string, {readonly = false}: {readonly readonly?: boolean} = {}): Sqlite {
  const name = Number(process.versions.napi) >= 10 ? "better-sqlite3-13" : "better-sqlite3";
  try {
    const Binding = load(name) as typeof Database;
    return new Binding(path, {readonly}).defaultSafeIntegers(true);
  } catch (cause) {
    throw isMissing(cause) ? unavailable(cause) : cause;
  }
}

/** Whether the package or its native code is not there or is another Node's, and not that the file cannot be opened. */
function isMissing(error: unknown): boolean {
  const {code, message} = error as NodeJS.ErrnoException;
  return (
    code === "MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED" || /^Could not locate the bindings file/.test(message)
  );
}

const unavailable = (cause: unknown): UnavailableError =>
  new UnavailableError("SQLITE_UNAVAILABLE", "the binding of SQLite was not built, so no node runs here", {
    hint: "npm rebuild better-sqlite3 builds it (a C++ compiler, make, Python 3); Node 24 needs no build",
    cause,
  });
