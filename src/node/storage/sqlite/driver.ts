/**
 * The SQLite binding that this Node can load. Version 13 needs Node-API 10 and dies with a segmentation fault below
 * it, without a message, so the choice is made before anything is opened.
 */
import {createRequire} from "node:module";
import type Database from "better-sqlite3";

/** An open database. */
export type Sqlite = Database.Database;
/** A prepared statement; parameters are checked by the store that prepares it. */
export type Statement = Database.Statement<unknown[]>;

const load = createRequire(import.meta.url);

/** Opens or creates the database at `path`. Integers come back as bigint: heights do not fit a double. */
export function openSqlite(path: string): Sqlite {
  const name = Number(process.versions.napi) >= 10 ? "better-sqlite3-13" : "better-sqlite3";
  const Binding = load(name) as typeof Database;
  return new Binding(path).defaultSafeIntegers(true);
}
