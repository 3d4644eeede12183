/** What SQLite's errors are to whoever runs the node. */
import {UnavailableError} from "../../../errors.js";

/** SQLite's name of what happened; empty for an error that is not SQLite's. */
export const sqliteCode = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/**
 * `STORE_WRITE_FAILED` where the file can no longer be written, else the error as it is. After a failed fsync the page
 * cache no longer says what is on disk: stop rather than acknowledge.
 */
export function explainWrite(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code !== "SQLITE_FULL" && code !== "SQLITE_READONLY" && !code.startsWith("SQLITE_IOERR")) return error;
  return new UnavailableError("STORE_WRITE_FAILED", `cannot write ${path}: ${code}`, {
    hint: "free space or repair the disk, then start the node again",
    cause: error,
  });
}

/** `DATABASE_CORRUPT`: a row is not what this program writes. No client and no peer is to blame. */
export const corrupt = (what: string): UnavailableError =>
  new UnavailableError("DATABASE_CORRUPT", `the database is damaged: ${what}`, {
    hint: "restore the data directory from a copy, or sync it anew",
  });
