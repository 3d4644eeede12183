/**
 * Stock on disk, in rows that leave it together. A row is sealed under a key of its own, and erasing it is erasing its key: a
 * few pages are overwritten where it would be hundreds.
 */
import {createCipheriv, randomBytes} from "node:crypto";
import {concat, plain} from "../../../codecs/bytes.js";
import {Columns, type Leases} from "../../quorum/strict/leases.js";
import type {Range, StockKind} from "../../quorum/strict/store.js";
import type {Sqlite} from "../sqlite/driver.js";

export const STOCK_TABLES = `
CREATE TABLE stock (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  key BLOB NOT NULL,
  UNIQUE (kind, first)
) STRICT;
CREATE TABLE sealed_stock (
  id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
`;

/** Triples or masks in one row. */
const ROW_ITEMS = 1_024;
const KEY_BYTES = 32;
const BLOCK_BYTES = 16;
/**
 * Goes before a key: SQLite then keeps the key on a page that is this row's alone, which it overwrites when the row goes. It
 * moves short rows from page to page, and what they leave behind stays.
 */
const PAGE_BYTES = 4_096;
const OVERLAP = "kind = ? AND first < ? AND first + count > ?";

interface Row {
  readonly id: bigint;
  readonly first: bigint;
  readonly count: bigint;
  readonly key: Buffer;
  readonly bytes: Buffer;
}

export class StockTable {
  /** @param db that overwrites what is deleted */
  constructor(private readonly db: Sqlite) {}

  ranges(kind: StockKind): readonly Range[] {
    const rows = this.db.prepare("SELECT first, count FROM stock WHERE kind = ?").all(kind) as Pick<
      Row,
      "first" | "count"
    >[];
    return rows.map(({first, count}) => ({first, count: Number(count)}));
  }

  /** Within a transaction. */
  add(kind: StockKind, columns: Columns): void {
    const known = this.db.prepare("INSERT INTO stock (kind, first, count, key) VALUES (?, ?, ?, ?)");
    const sealed = this.db.prepare("INSERT INTO sealed_stock (id, bytes) VALUES (?, ?)");
    for (let at = 0; at < columns.count; at += ROW_ITEMS) {
      const row = columns.part(at, Math.min(columns.count, at + ROW_ITEMS));
      const key = plain(randomBytes(KEY_BYTES));
      const {lastInsertRowid} = known.run(kind, row.first, row.count, concat(new Uint8Array(PAGE_BYTES), key));
      sealed.run(lastInsertRowid, underKey(key, row.matrix()));
    }
  }

  /** `leases` with the rows that overlap a range, which leave the disk; `null`, and nothing done, where it is not all there. */
  lease(leases: Leases, kind: StockKind, {first, count}: Range): Leases | null {
    const range = [kind, first + BigInt(count), first] as const;
    const rows = this.db
      .prepare(`SELECT id, first, count, key, bytes FROM stock JOIN sealed_stock USING (id) WHERE ${OVERLAP}`)
      .all(...range) as Row[];
    const columns = rows.map((row) => {
      const matrix = underKey(plain(row.key).slice(PAGE_BYTES), row.bytes);
      return new Columns({first: row.first, count: Number(row.count)}, matrix);
    });
    const leased = leases.with(columns);
    if (!leased.has({first, count})) return null;
    this.db
      .transaction(() => {
        this.db.prepare(`DELETE FROM stock WHERE ${OVERLAP}`).run(...range);
        this.#deleteSealed(rows);
      })
      .immediate();
    return leased;
  }

  clear(): void {
    this.db.exec("DELETE FROM stock; DELETE FROM sealed_stock");
  }

  /** Nobody reads what is left of them. */
  #deleteSealed(rows: readonly Row[]): void {
    const sealed = this.db.prepare("DELETE FROM sealed_stock WHERE id = ?");
    this.db.pragma("secure_delete = OFF");
    try {
      for (const {id} of rows) sealed.run(id);
    } finally {
      this.db.pragma("secure_delete = ON");
    }
  }
}

/** AES-256 in counter mode. A key is used once, for one row. */
const underKey = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  plain(createCipheriv("aes-256-ctr", key, new Uint8Array(BLOCK_BYTES)).update(bytes));
