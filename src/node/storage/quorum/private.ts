/** Databases that their owner alone reads. */
import {chmodSync, closeSync, openSync} from "node:fs";
import type {Sqlite} from "../sqlite/driver.js";
import {type DatabaseForm, openDatabase} from "../sqlite/open.js";

/** @throws UnavailableError as `openDatabase` says */
export function openPrivate(path: string, form: DatabaseForm): Sqlite {
  // Before SQLite makes it for everyone to read. Its journal takes the mode of the file.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  return openDatabase(path, form);
}

/** One in which what is deleted or replaced is overwritten. @throws UnavailableError as `openDatabase` says */
export function openErasing(path: string, form: DatabaseForm): Sqlite {
  const db = openPrivate(path, form);
  db.pragma("foreign_keys = ON");
  db.pragma("secure_delete = ON");
  return db;
}

/** Nothing that was deleted stays in the journal. */
export function truncateJournal(db: Sqlite): void {
  db.pragma("wal_checkpoint(TRUNCATE)");
}
