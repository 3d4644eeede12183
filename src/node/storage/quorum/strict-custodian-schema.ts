/** Tables of a custodian of the strict profile. */
import type {DatabaseForm} from "../sqlite/open.js";
import type {SchemaStep} from "../sqlite/steps.js";
import {QUERY_TABLES} from "./query-table.js";
import {ROSTER_TABLE} from "./roster-table.js";
import {STOCK_TABLES} from "./stock-table.js";

const WITHDRAWAL = `CREATE TABLE withdrawal (
  program_id TEXT NOT NULL,
  custodian INTEGER NOT NULL,
  signed BLOB NOT NULL,
  PRIMARY KEY (program_id, custodian)
) STRICT;
`;
const SPENT = `CREATE TABLE spent (
  program_id TEXT NOT NULL,
  whose TEXT NOT NULL,
  cost TEXT NOT NULL,
  PRIMARY KEY (program_id, whose)
) STRICT;
`;
const CERTIFICATE = `CREATE TABLE certificate (
  run INTEGER PRIMARY KEY,
  certificate BLOB NOT NULL
) STRICT;
`;
/** In order. Keys, secrets and budgets stay; stock is made anew. */
const STEPS: readonly SchemaStep[] = [
  // Numbers lay one after the other in a row, and are columns now.
  {to: 2, apply: (db) => db.exec("DELETE FROM stock; DELETE FROM reservation")},
  {to: 3, apply: (db) => db.exec("DROP TABLE reservation")},
  {to: 4, apply: (db) => db.exec(WITHDRAWAL)},
  // Rows lay open, and are sealed now.
  {to: 5, apply: (db) => db.exec(`DROP TABLE stock; ${STOCK_TABLES}`)},
  {to: 6, apply: (db) => db.exec(SPENT)},
  {to: 7, apply: (db) => db.exec(ROSTER_TABLE)},
  {to: 8, apply: (db) => db.exec(CERTIFICATE)},
  {to: 9, apply: (db) => db.exec(QUERY_TABLES)},
];

const SCHEMA = `
${ROSTER_TABLE}CREATE TABLE number (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
CREATE TABLE program (
  id TEXT PRIMARY KEY,
  package BLOB NOT NULL
) STRICT;
CREATE TABLE approval (
  program_id TEXT NOT NULL,
  custodian INTEGER NOT NULL,
  signed BLOB NOT NULL,
  PRIMARY KEY (program_id, custodian)
) STRICT;
${WITHDRAWAL}${CERTIFICATE}CREATE TABLE keyset (
  job BLOB PRIMARY KEY,
  epoch INTEGER NOT NULL,
  sets BLOB NOT NULL,
  alpha BLOB NOT NULL,
  used INTEGER NOT NULL
) STRICT;
CREATE TABLE sharing (
  job BLOB NOT NULL,
  program_id TEXT NOT NULL,
  run INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (job, program_id)
) STRICT;
CREATE TABLE secret (
  job BLOB NOT NULL,
  program_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (job, program_id, name),
  FOREIGN KEY (job, program_id) REFERENCES sharing (job, program_id) ON DELETE CASCADE
) STRICT;${STOCK_TABLES}CREATE TABLE ticket (
  digest BLOB PRIMARY KEY,
  attempt INTEGER NOT NULL,
  done INTEGER NOT NULL,
  not_after_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE quota (
  program_id TEXT NOT NULL,
  client TEXT NOT NULL,
  remaining TEXT NOT NULL,
  units TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (program_id, client)
) STRICT;
${SPENT}${QUERY_TABLES}`;

export const STRICT_CUSTODIAN: DatabaseForm = {
  // Truncated after whatever takes something secret off the disk: it keeps no copy for longer.
  journal: "wal",
  // "qvms" in ASCII.
  applicationId: 0x71766d73,
  version: 9,
  steps: STEPS,
  schema: SCHEMA,
};
