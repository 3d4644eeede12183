/** Rows of the stand-in, in SQLite: as many as a disk holds, in memory that does not grow with them. */
import {openSqlite, type Sqlite, type Statement} from "../../../../src/node/storage/sqlite/driver.js";

export type Value = Buffer | null;
/** A value for each column of the table, in their order. */
export type Row = Value[];

/** Within a partition, rows lie in the order of their clustering bytes. */
export interface Place {
  readonly partition: Buffer;
  readonly clustering: Buffer;
}

interface TableStatements {
  readonly at: Statement;
  readonly between: Statement;
  readonly put: Statement;
  readonly remove: Statement;
}

export class Rows {
  readonly #db: Sqlite;
  readonly #tables = new Map<string, TableStatements>();

  constructor(path = ":memory:") {
    this.#db = openSqlite(path);
    this.#db.pragma("journal_mode = OFF");
    this.#db.pragma("synchronous = OFF");
    this.#db.pragma("cache_size = -524288");
    // One transaction for all: nothing here has to survive its process.
    this.#db.exec("BEGIN");
  }

  create(table: string): void {
    // Rows are appended, and an index finds them: keys are random, and it is much smaller than the rows.
    this.#db.exec(
      `CREATE TABLE "${table}" (partition BLOB, clustering BLOB, value BLOB, PRIMARY KEY (partition, clustering))`,
    );
    const prepare = (sql: string): Statement => this.#db.prepare(sql.replace("TABLE", `"${table}"`));
    this.#tables.set(table, {
      at: prepare("SELECT value FROM TABLE WHERE partition = ? AND clustering = ?"),
      between: prepare(
        "SELECT value FROM TABLE WHERE partition = ? AND clustering BETWEEN ? AND ? ORDER BY clustering",
      ),
      put: prepare("INSERT OR REPLACE INTO TABLE VALUES (?, ?, ?)"),
      remove: prepare("DELETE FROM TABLE WHERE partition = ? AND clustering = ?"),
    });
  }

  at(table: string, {partition, clustering}: Place): Row | undefined {
    const found = this.#of(table).at.get(partition, clustering) as {value: Buffer} | undefined;
    return found && rowIn(found.value);
  }

  *between(table: string, partition: Buffer, first: Buffer, last: Buffer): Generator<Row> {
    for (const found of this.#of(table).between.iterate(partition, first, last))
      yield rowIn((found as {value: Buffer}).value);
  }

  put(table: string, {partition, clustering}: Place, row: Row): void {
    this.#of(table).put.run(partition, clustering, bytesOf(row));
  }

  remove(table: string, {partition, clustering}: Place): void {
    this.#of(table).remove.run(partition, clustering);
  }

  sizes(table: string): {readonly partitions: number; readonly largest: number} {
    const sql = `SELECT count(*) AS n, max(rows) AS most FROM (SELECT count(*) AS rows FROM "${table}" GROUP BY partition)`;
    const {n, most} = this.#db.prepare(sql).get() as {n: bigint; most: bigint | null};
    return {partitions: Number(n), largest: Number(most ?? 0n)};
  }

  lose(table: string, isGone: (at: number) => boolean): void {
    const places = this.#db
      .prepare(`SELECT partition, clustering FROM "${table}" ORDER BY partition, clustering`)
      .all() as Place[];
    for (const [at, place] of places.entries()) if (isGone(at)) this.remove(table, place);
  }

  close(): void {
    this.#db.exec("COMMIT");
    this.#db.close();
  }

  #of(table: string): TableStatements {
    return this.#tables.get(table)!;
  }
}

/** The values, each after its length; a length of -1 is null. */
function bytesOf(row: Row): Buffer {
  let size = 0;
  for (const value of row) size += 4 + (value?.length ?? 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const value of row) {
    at = bytes.writeInt32BE(value?.length ?? -1, at);
    at += value?.copy(bytes, at) ?? 0;
  }
  return bytes;
}

function rowIn(bytes: Buffer): Row {
  const row: Row = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    at += 4 + Math.max(0, length);
    row.push(length < 0 ? null : bytes.subarray(at - length, at));
  }
  return row;
}
