/** How much room the file takes, and giving back what it does not need. */
import {accessSync, constants, statfsSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname} from "node:path";
import {UnavailableError} from "../../../errors.js";
import type {StoreStats, TableStats} from "../store.js";
import type {Sqlite} from "./driver.js";
import {RECEIPTS} from "./schema.js";

export class Space {
  constructor(private readonly db: Sqlite) {}

  stats(): StoreStats {
    // Indexes count for their table.
    const sizes = this.db
      .prepare(
        "SELECT s.tbl_name AS name, sum(d.pgsize) AS bytes FROM dbstat d JOIN sqlite_schema s ON s.name = d.name " +
          "WHERE d.aggregate = TRUE GROUP BY s.tbl_name ORDER BY s.tbl_name",
      )
      .all() as {name: string; bytes: bigint}[];
    const tables = sizes.map(({name, bytes}): TableStats => ({name, rows: this.#rows(name), bytes: Number(bytes)}));
    return {...this.sizes(), tables};
  }

  /** At once, without reading the file. */
  sizes(): {readonly bytes: number; readonly freeBytes: number} {
    const page = this.#number("page_size");
    return {bytes: this.#number("page_count") * page, freeBytes: this.#number("freelist_count") * page};
  }

  reclaim(bytesMax: number): number {
    const page = this.#number("page_size");
    // 0 would be everything. A file that was made without it ignores this, and shrinks when it is compacted.
    const pages = Math.max(1, Math.floor(bytesMax / page));
    if (this.#number("freelist_count") > 0) this.db.pragma(`incremental_vacuum(${pages})`);
    return this.#number("freelist_count") * page;
  }

  compact(path: string): {readonly bytesBefore: number; readonly bytesAfter: number} {
    const page = this.#number("page_size");
    const bytesBefore = this.#number("page_count") * page;
    checkRoom(bytesBefore - this.#number("freelist_count") * page, [dirname(path), temporaryFolder()], diskOf);
    // A file of an earlier version becomes one that gives back what is pruned.
    this.db.pragma("auto_vacuum = INCREMENTAL");
    this.db.exec("VACUUM");
    this.db.pragma("wal_checkpoint(TRUNCATE)");
    return {bytesBefore, bytesAfter: this.#number("page_count") * page};
  }

  #rows(table: string): number {
    // A row of a log holds several of what it keeps.
    const count = table === RECEIPTS ? "ifnull(sum(cells), 0)" : "count(*)";
    return Number(this.db.prepare(`SELECT ${count} FROM "${table}"`).pluck().get());
  }

  #number(pragma: string): number {
    return Number(this.db.pragma(pragma, {simple: true}));
  }
}

/** A disk, and what of it is free. */
export interface Disk {
  readonly device: number;
  readonly freeBytes: number;
}

/**
 * Whether a file can be written anew: SQLite makes a copy in its temporary folder, and replaces the file by that through
 * its log, which lies beside the file.
 * @throws UnavailableError DISK_TOO_FULL
 */
export function checkRoom(copyBytes: number, folders: readonly string[], diskOf: (folder: string) => Disk): void {
  const needed = new Map<number, number>();
  for (const folder of folders) {
    const {device, freeBytes} = diskOf(folder);
    const bytes = (needed.get(device) ?? 0) + copyBytes;
    needed.set(device, bytes);
    if (freeBytes < bytes)
      throw new UnavailableError("DISK_TOO_FULL", `${folder} needs ${bytes} free bytes, there are ${freeBytes}`, {
        hint: "free space there; SQLITE_TMPDIR names another folder for the copy",
      });
  }
}

const diskOf = (folder: string): Disk => {
  const {bavail, bsize} = statfsSync(folder);
  return {device: statSync(folder).dev, freeBytes: bavail * bsize};
};

/** Where SQLite makes the copy: the first of these that it may write to. */
export function temporaryFolder(): string {
  if (process.platform === "win32") return tmpdir();
  const {SQLITE_TMPDIR, TMPDIR} = process.env;
  return [SQLITE_TMPDIR, TMPDIR, "/var/tmp", "/usr/tmp", "/tmp"].find(isWritable) ?? ".";
}

function isWritable(folder: string | undefined): folder is string {
  if (!folder) return false;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}
