/** Brings receipts of version 9, one row each with an index over their ids, into a log. */
import type {Sqlite} from "../driver.js";
import {AppendLog} from "./append-log.js";
import type {Cell} from "./chunk.js";
import {logSchema} from "./schema.js";

/** Rows that are held at once. */
const ROWS = 10_000;
const CACHE_BYTES = 16 * 2 ** 20;

interface ReceiptRow {
  readonly seq: bigint;
  readonly key: Uint8Array;
  readonly height: bigint;
  readonly value: Uint8Array;
}

/** A step of the schema: within a transaction. */
export function receiptsIntoLog(db: Sqlite): void {
  db.exec(`DROP INDEX receipt_height; ALTER TABLE receipt RENAME TO receipt_row; ${logSchema("receipt")}`);
  const log = new AppendLog(db, "receipt", CACHE_BYTES);
  const next = db.prepare(
    "SELECT seq, tx_id AS key, height, value FROM receipt_row WHERE seq > ? ORDER BY seq LIMIT ?",
  );
  let after = -1n;
  for (;;) {
    const rows = next.all(after, ROWS) as ReceiptRow[];
    const last = rows.at(-1);
    if (!last) break;
    for (const [height, cells] of byHeight(rows)) log.append(height, cells);
    after = last.seq;
  }
  db.exec("DROP TABLE receipt_row");
}

/** Heights come in order. */
function byHeight(rows: readonly ReceiptRow[]): ReadonlyMap<bigint, Cell[]> {
  const batches = new Map<bigint, Cell[]>();
  for (const row of rows) {
    const batch = batches.get(row.height);
    if (batch) batch.push(row);
    else batches.set(row.height, [row]);
  }
  return batches;
}
