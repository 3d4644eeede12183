/** Drops what old blocks held, and puts it back. Their headers stay: an empty body marks the ones that are gone. */
import type {Sqlite, Statement} from "./driver.js";
import type {AppendLog} from "./log/append-log.js";
import type {Cell} from "./log/chunk.js";

/** Row of `meta` with the height up to which bodies were dropped. */
export const PRUNED_HEIGHT = "pruned_height";

interface HeaderRow {
  readonly height: bigint;
  readonly id: Buffer;
  readonly header: Buffer;
  readonly certificate: Buffer;
}

/** A pruned block's rows, as they were. */
export interface RestoredRows {
  readonly height: bigint;
  readonly certificate: Uint8Array;
  readonly body: Uint8Array;
  /** In order of place. */
  readonly receipts: readonly Cell[];
}

export class Pruner {
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #headers: Statement;
  readonly #remove: Statement;
  readonly #add: Statement;
  readonly #fill: Statement;

  constructor(
    db: Sqlite,
    private readonly receipts: AppendLog,
  ) {
    this.#read = db.prepare("SELECT value FROM meta WHERE name = ?");
    this.#write = db.prepare(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    this.#headers = db.prepare(
      "SELECT height, id, header, CASE WHEN height IN (SELECT origin_height FROM epoch) THEN certificate ELSE x'' END " +
        "AS certificate FROM block WHERE height BETWEEN ? AND ? ORDER BY height",
    );
    this.#remove = db.prepare("DELETE FROM block WHERE height BETWEEN ? AND ?");
    this.#add = db.prepare("INSERT INTO block (height, id, header, certificate, body) VALUES (?, ?, ?, ?, x'')");
    this.#fill = db.prepare("UPDATE block SET certificate = ?, body = ? WHERE height = ?");
  }

  height(): bigint {
    const row = this.#read.get(PRUNED_HEIGHT) as {value: Buffer} | undefined;
    return row ? row.value.readBigInt64BE() : 0n;
  }

  /** Within a transaction. Both heights are included. */
  drop(from: bigint, to: bigint): void {
    // Taken out and put back: SQLite joins pages that a DELETE left half empty, and never those of an UPDATE.
    const rows = this.#headers.all(from, to) as HeaderRow[];
    this.#remove.run(from, to);
    for (const {height, id, header, certificate} of rows) this.#add.run(height, id, header, certificate);
    this.receipts.drop(from, to);
    this.#setHeight(to);
  }

  /** Within a transaction. The blocks follow each other, and end with the last one that was dropped. */
  putBack(blocks: readonly RestoredRows[]): void {
    for (const {height, certificate, body, receipts} of blocks) {
      this.#fill.run(certificate, body, height);
      this.receipts.append(height, receipts);
    }
    this.#setHeight(blocks[0]!.height - 1n);
  }

  #setHeight(height: bigint): void {
    const value = Buffer.alloc(8);
    value.writeBigInt64BE(height);
    this.#write.run(PRUNED_HEIGHT, value);
  }
}
