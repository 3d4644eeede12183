/** How much room the file takes, and giving back what it does not need. */
import {statfsSync} from "node:fs";
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
    // The copy, and the log through which it replaces the file.
    const needed = 2 * (bytesBefore - this.#number("freelist_count") * page);
    const {bavail, bsize} = statfsSync(dirname(path));
    if (bavail * bsize < needed)
      throw new UnavailableError("DISK_TOO_FULL", `${path} needs ${needed} free bytes, there are ${bavail * bsize}`, {
        hint: "free space on the disk of the data directory",
      });
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
