/**
 * Tables of a cluster, and every statement that is ever sent to it.
 *
 * Partitions are bounded: a span is 16 blocks, an era 4,096 spans. Everything is written so that writing it again
 * changes nothing; only `head` is changed conditionally, and it is what makes rows count.
 */

/** Raised with every change to the tables or to the rows in them. */
export const CQL_SCHEMA_VERSION = 1;

/** Blocks in a partition. */
const SPAN_BLOCKS = 16n;
/** Spans in a partition of the list of spans. */
const ERA_SPANS = 4_096n;
/** Bytes of a block's body in one row: a cluster refuses mutations above half a log segment, 16 MiB as it is delivered. */
export const PART_BYTES = 1024 * 1024;

export const spanOf = (height: bigint): bigint => height / SPAN_BLOCKS;
export const eraOf = (span: bigint): bigint => span / ERA_SPANS;
/** First and last span of an era. */
export const spansOf = (era: bigint): readonly [bigint, bigint] => [era * ERA_SPANS, (era + 1n) * ERA_SPANS - 1n];

export const TABLES: readonly string[] = [
  "CREATE TABLE IF NOT EXISTS head (name text, version int, chain blob, writer blob, height bigint, id blob, PRIMARY KEY (name))",
  "CREATE TABLE IF NOT EXISTS block (span bigint, height bigint, id blob, header blob, certificate blob, parts int, " +
    "PRIMARY KEY ((span), height))",
  "CREATE TABLE IF NOT EXISTS body (span bigint, height bigint, part int, value blob, PRIMARY KEY ((span), height, part))",
  "CREATE TABLE IF NOT EXISTS receipt (tx_id blob, height bigint, value blob, PRIMARY KEY (tx_id))",
  "CREATE TABLE IF NOT EXISTS receipt_at (span bigint, height bigint, place int, tx_id blob, value blob, " +
    "PRIMARY KEY ((span), height, place)) WITH CLUSTERING ORDER BY (height DESC, place DESC)",
  "CREATE TABLE IF NOT EXISTS receipt_span (era bigint, span bigint, PRIMARY KEY ((era), span)) " +
    "WITH CLUSTERING ORDER BY (span DESC)",
];

export const STATEMENTS = {
  head: "SELECT version, chain, writer, height, id FROM head WHERE name = ?",
  beginChain: "INSERT INTO head (name, version, chain, writer, height) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS",
  takeOver: "UPDATE head SET writer = ? WHERE name = ? IF writer = ?",
  moveHead: "UPDATE head SET height = ?, id = ? WHERE name = ? IF writer = ? AND height = ?",
  putBlock: "INSERT INTO block (span, height, id, header, certificate, parts) VALUES (?, ?, ?, ?, ?, ?)",
  putBody: "INSERT INTO body (span, height, part, value) VALUES (?, ?, ?, ?)",
  block: "SELECT id, certificate, parts FROM block WHERE span = ? AND height = ?",
  body: "SELECT part, value FROM body WHERE span = ? AND height = ?",
  putReceipt: "INSERT INTO receipt (tx_id, height, value) VALUES (?, ?, ?)",
  receipt: "SELECT height, value FROM receipt WHERE tx_id = ?",
  putReceiptAt: "INSERT INTO receipt_at (span, height, place, tx_id, value) VALUES (?, ?, ?, ?, ?)",
  receiptsAt: "SELECT tx_id, value FROM receipt_at WHERE span = ? AND height >= ? AND height <= ? LIMIT ?",
  putSpan: "INSERT INTO receipt_span (era, span) VALUES (?, ?)",
  spans: "SELECT span FROM receipt_span WHERE era = ? AND span >= ? AND span <= ?",
  dropBlock: "DELETE FROM block WHERE span = ? AND height = ?",
  dropBody: "DELETE FROM body WHERE span = ? AND height = ?",
  dropReceipt: "DELETE FROM receipt WHERE tx_id = ?",
  dropReceiptsAt: "DELETE FROM receipt_at WHERE span = ? AND height = ?",
} as const;
export type StatementName = keyof typeof STATEMENTS;
