/** How much room the file takes, and giving back what it does not need. */
import type {StoreStats, TableStats} from "../store.js";
import type {Sqlite} from "./driver.js";

export class Space {
  constructor(private readonly db: Sqlite) {}

  stats(): StoreStats {
    const page = this.#number("page_size");
    // Indexes count for their table.
    const sizes = this.db
      .prepare(
        "SELECT s.tbl_name AS name, sum(d.pgsize) AS bytes FROM dbstat d JOIN sqlite_schema s ON s.name = d.name " +
          "WHERE d.aggregate = TRUE GROUP BY s.tbl_name ORDER BY s.tbl_name",
      )
      .all() as {name: string; bytes: bigint}[];
    const tables = sizes.map(({name, bytes}): TableStats => ({name, rows: this.#rows(name), bytes: Number(bytes)}));
    return {bytes: this.#number("page_count") * page, freeBytes: this.#number("freelist_count") * page, tables};
  }

  reclaim(bytesMax: number): number {
    const page = this.#number("page_size");
    // 0 would be everything. A file that was made without it ignores this, and shrinks when it is compacted.
    const pages = Math.max(1, Math.floor(bytesMax / page));
    if (this.#number("freelist_count") > 0) this.db.pragma(`incremental_vacuum(${pages})`);
    return this.#number("freelist_count") * page;
  }

  #rows(table: string): number {
    const {n} = this.db.prepare(`SELECT count(*) AS n FROM "${table}"`).get() as {n: bigint};
    return Number(n);
  }

  #number(pragma: string): number {
    return Number(this.db.pragma(pragma, {simple: true}));
  }
}
