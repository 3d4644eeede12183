/** Every statement of the embedded store, prepared once, with the types of its parameters and rows. */
import type Database from "better-sqlite3";
import type {Sqlite} from "./driver.js";

type Query<P extends unknown[], R> = Database.Statement<P, R>;
type Write<P extends unknown[]> = Database.Statement<P>;

/** Column types of one table each. */
interface BlockRow {
  readonly height: bigint;
  readonly id: Buffer;
  readonly header: Buffer;
  readonly certificate: Buffer;
  readonly body: Buffer;
}

export interface EventRow {
  readonly seq: bigint;
  readonly topic: string;
  readonly body: Buffer;
  readonly proof_index: bigint | null;
}

export interface SlashReceiptColumns {
  readonly tx_id: Buffer;
  readonly time_ms: bigint;
  readonly value: Buffer;
}

export interface EpochColumns {
  readonly number: bigint;
  readonly origin_height: bigint;
  readonly value: Buffer;
}

export interface Statements {
  readonly lastHeader: Query<[], Pick<BlockRow, "height" | "id" | "header">>;
  readonly headerAt: Query<[bigint], Pick<BlockRow, "header">>;
  readonly certificateAt: Query<[bigint], Pick<BlockRow, "certificate">>;
  readonly blockAt: Query<[bigint], Omit<BlockRow, "height" | "header">>;
  readonly addBlock: Write<[bigint, Uint8Array, Uint8Array, Uint8Array, Uint8Array]>;
  readonly allState: Query<[], {store: string; key: string; value: Buffer}>;
  readonly putState: Write<[string, string, Uint8Array]>;
  readonly removeState: Write<[string, string]>;
  readonly addSlashReceipt: Write<[Uint8Array, bigint, bigint, string, string, Uint8Array]>;
  readonly trimSlashReceipts: Write<[number]>;
  readonly slashReceiptOf: Query<[Uint8Array], SlashReceiptColumns>;
  readonly newestSlashReceipts: Query<
    [{since: bigint; outcome: string | null; kind: string | null; limit: number}],
    SlashReceiptColumns
  >;
  readonly addEvent: Write<[bigint, string, Uint8Array, number | null]>;
  readonly trimEvents: Write<[bigint]>;
  /** The event that follows a number at a distance. */
  readonly eventBehind: Query<[bigint, bigint, number], {seq: bigint}>;
  /** Topics are a JSON array. */
  readonly eventsAfter: Query<[bigint, bigint, string, number], EventRow>;
  readonly allWaiting: Query<[], {kind: bigint; id: Buffer; value: Buffer}>;
  readonly keep: Write<[number, Uint8Array, Uint8Array]>;
  readonly drop: Write<[Uint8Array]>;
  readonly allUncommitted: Query<[], {id: Buffer; height: bigint; value: Buffer}>;
  readonly keepUncommitted: Write<[Uint8Array, bigint, Uint8Array]>;
  readonly dropUncommitted: Write<[bigint]>;
  readonly addEpoch: Write<[bigint, bigint, Uint8Array]>;
  readonly epochOfNumber: Query<[bigint], EpochColumns>;
  readonly epochFrom: Query<[bigint], EpochColumns>;
  readonly dropAllUncommitted: Write<[]>;
  readonly allKeptBatches: Query<[], {epoch: bigint; round: bigint; value: Buffer}>;
  readonly keepBatch: Write<[bigint, bigint, Uint8Array]>;
  readonly forgetBatches: Write<[bigint, bigint]>;
  readonly allTakenBatches: Query<[], {epoch: bigint; round: bigint; creator: bigint; batch_id: Buffer}>;
  readonly takeBatch: Write<[bigint, bigint, number, Uint8Array]>;
  readonly forgetTaken: Write<[bigint, bigint]>;
  readonly meta: Query<[string], {value: Buffer}>;
  readonly putMeta: Write<[string, Uint8Array]>;
}

export const prepareStatements = (db: Sqlite): Statements => ({
  lastHeader: db.prepare("SELECT height, id, header FROM block ORDER BY height DESC LIMIT 1"),
  headerAt: db.prepare("SELECT header FROM block WHERE height = ?"),
  certificateAt: db.prepare("SELECT certificate FROM block WHERE height = ?"),
  blockAt: db.prepare("SELECT id, certificate, body FROM block WHERE height = ?"),
  addBlock: db.prepare("INSERT INTO block (height, id, header, certificate, body) VALUES (?, ?, ?, ?, ?)"),
  allState: db.prepare("SELECT store, key, value FROM state ORDER BY seq"),
  putState: db.prepare(
    "INSERT INTO state (store, key, value) VALUES (?, ?, ?) ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
  ),
  removeState: db.prepare("DELETE FROM state WHERE store = ? AND key = ?"),
  addSlashReceipt: db.prepare(
    "INSERT INTO slash_receipt (tx_id, height, time_ms, outcome, kind, value) VALUES (?, ?, ?, ?, ?, ?)",
  ),
  trimSlashReceipts: db.prepare("DELETE FROM slash_receipt WHERE seq <= (SELECT max(seq) FROM slash_receipt) - ?"),
  slashReceiptOf: db.prepare("SELECT tx_id, time_ms, value FROM slash_receipt WHERE tx_id = ?"),
  newestSlashReceipts: db.prepare(
    "SELECT tx_id, time_ms, value FROM slash_receipt WHERE time_ms >= @since AND outcome = ifnull(@outcome, outcome) " +
      "AND kind = ifnull(@kind, kind) ORDER BY seq DESC LIMIT @limit",
  ),
  addEvent: db.prepare("INSERT INTO event (seq, topic, body, proof_index) VALUES (?, ?, ?, ?)"),
  trimEvents: db.prepare("DELETE FROM event WHERE seq <= ?"),
  eventBehind: db.prepare("SELECT seq FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1 OFFSET ?"),
  eventsAfter: db.prepare(
    "SELECT seq, topic, body, proof_index FROM event WHERE seq > ? AND seq <= ? " +
      "AND topic IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?",
  ),
  allWaiting: db.prepare("SELECT kind, id, value FROM waiting ORDER BY seq"),
  keep: db.prepare("INSERT INTO waiting (kind, id, value) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"),
  drop: db.prepare("DELETE FROM waiting WHERE id = ?"),
  allUncommitted: db.prepare("SELECT id, height, value FROM uncommitted ORDER BY height, seq"),
  keepUncommitted: db.prepare("INSERT OR IGNORE INTO uncommitted (id, height, value) VALUES (?, ?, ?)"),
  dropUncommitted: db.prepare("DELETE FROM uncommitted WHERE height <= ?"),
  addEpoch: db.prepare("INSERT INTO epoch (number, origin_height, value) VALUES (?, ?, ?)"),
  epochOfNumber: db.prepare("SELECT number, origin_height, value FROM epoch WHERE number = ?"),
  epochFrom: db.prepare("SELECT number, origin_height, value FROM epoch WHERE origin_height = ?"),
  dropAllUncommitted: db.prepare("DELETE FROM uncommitted"),
  allKeptBatches: db.prepare("SELECT epoch, round, value FROM kept_batch ORDER BY seq"),
  keepBatch: db.prepare("INSERT INTO kept_batch (epoch, round, value) VALUES (?, ?, ?)"),
  forgetBatches: db.prepare("DELETE FROM kept_batch WHERE (epoch, round) < (?, ?)"),
  allTakenBatches: db.prepare("SELECT epoch, round, creator, batch_id FROM taken_batch ORDER BY seq"),
  takeBatch: db.prepare("INSERT INTO taken_batch (epoch, round, creator, batch_id) VALUES (?, ?, ?, ?)"),
  forgetTaken: db.prepare("DELETE FROM taken_batch WHERE (epoch, round) < (?, ?)"),
  meta: db.prepare("SELECT value FROM meta WHERE name = ?"),
  putMeta: db.prepare(
    "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  ),
});
