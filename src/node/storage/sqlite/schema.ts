/** Tables of the embedded store, and the version that a file was written with. */
import {logSchema} from "./log/schema.js";

/** Marks a file as ours: "qsdm" in ASCII. */
export const APPLICATION_ID = 0x7173646d;
/** Marks a file that a snapshot is being put into: "qsdr". */
export const UNFINISHED_ID = 0x71736472;
/** Raised with every change to the tables or to the records in them, which has its step in `steps.ts`. */
export const SCHEMA_VERSION = 13;

/** The log of receipts by transaction id: one for each transaction there ever was. */
export const RECEIPTS = "receipt";

/**
 * Ids are random, so they are never the clustered key: rows append by rowid and a separate index finds them, which
 * measured 2.5 to 5 times faster to fill than `WITHOUT ROWID`.
 */
export const SCHEMA = `
CREATE TABLE block (
  height INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  header BLOB NOT NULL,
  certificate BLOB NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE TABLE state (
  seq INTEGER PRIMARY KEY,
  store TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  UNIQUE (store, key)
) STRICT;
${logSchema(RECEIPTS)}CREATE TABLE slash_receipt (
  seq INTEGER PRIMARY KEY,
  tx_id BLOB NOT NULL UNIQUE,
  height INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  kind TEXT NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  body BLOB NOT NULL,
  proof_index INTEGER
) STRICT;
CREATE TABLE waiting (
  seq INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  id BLOB NOT NULL UNIQUE,
  value BLOB NOT NULL
) STRICT;
CREATE TABLE uncommitted (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  height INTEGER NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE TABLE epoch (
  number INTEGER PRIMARY KEY,
  origin_height INTEGER NOT NULL UNIQUE,
  value BLOB NOT NULL
) STRICT;
CREATE TABLE kept_batch (
  seq INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  round INTEGER NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE INDEX kept_batch_round ON kept_batch (epoch, round);
CREATE TABLE taken_batch (
  seq INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  round INTEGER NOT NULL,
  creator INTEGER NOT NULL,
  batch_id BLOB NOT NULL
) STRICT;
CREATE TABLE dictionary (
  id INTEGER PRIMARY KEY,
  height INTEGER NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
`;

/** What a row of `waiting` holds. */
export const WAITING_KINDS = ["transaction", "proof", "evidence"] as const;
export const WAITING_KIND = {transaction: 0, proof: 1, evidence: 2} as const;
