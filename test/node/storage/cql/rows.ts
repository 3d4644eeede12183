/** Rows of the stand-in, in SQLite: as many as a disk holds, in memory that does not grow with them. */
import {openSqlite, type Sqlite, type Statement} from "../../../../src/node/storage/sqlite/driver.js";

export type Value = Buffer | null;
export type Row = Map<string, Value>;

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

/** Writes that one transaction of a file holds: nothing here has to survive its process. */
const WRITES = 5_000;

export class Rows {
  readonly #db: Sqlite;
  readonly #tables = new Map<string, TableStatements>();
  #writes = 0;

  constructor(path = ":memory:") {
    this.#db = openSqlite(path);
    this.#db.pragma("journal_mode = OFF");
    this.#db.pragma("synchronous = OFF");
    this.#db.pragma("cache_size = -262144");
    this.#db.exec("BEGIN");
  }

  create(table: string): void {
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS "${table}" (partition BLOB, clustering BLOB, value BLOB, ` +
        "PRIMARY KEY (partition, clustering)) WITHOUT ROWID",
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
    this.#wrote();
  }

  remove(table: string, {partition, clustering}: Place): void {
    this.#of(table).remove.run(partition, clustering);
    this.#wrote();
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

  #wrote(): void {
    if (++this.#writes % WRITES === 0) this.#db.exec("COMMIT; BEGIN");
  }
}

/** Name and value of each column, each after its length; a length of -1 is null. */
function bytesOf(row: Row): Buffer {
  let size = 0;
  for (const [name, value] of row) size += 8 + name.length + (value?.length ?? 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [name, value] of row) {
    at = bytes.writeInt32BE(name.length, at);
    at += bytes.write(name, at, "latin1");
    at = bytes.writeInt32BE(value?.length ?? -1, at);
    at += value?.copy(bytes, at) ?? 0;
  }
  return bytes;
}

function rowIn(bytes: Buffer): Row {
  const row: Row = new Map();
  let at = 0;
  const take = (): Value => {
    const length = bytes.readInt32BE(at);
    at += 4 + Math.max(0, length);
    return length < 0 ? null : bytes.subarray(at - length, at);
  };
  while (at < bytes.length) row.set(take()!.toString("latin1"), take());
  return row;
}
