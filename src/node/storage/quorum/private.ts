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
