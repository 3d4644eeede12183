/** What brings a file of an earlier version to this one. Each step is one transaction, with the number that it reaches. */
import {UnavailableError} from "../../../errors.js";
import type {Sqlite} from "./driver.js";
import {receiptsIntoLog} from "./log/from-rows.js";
import {fenceIndex} from "./log/schema.js";

export interface SchemaStep {
  /** Version that the file has behind it; the one before is what it takes. */
  readonly to: number;
  /** Leaves the tables as a new file of that version has them. */
  apply(db: Sqlite): void;
}

/** In order, without a gap. A step that was released is never changed: files are half way. */
export const CHAIN_STEPS: readonly SchemaStep[] = [
  {
    to: 9,
    // A strict table takes no bytes where it says text.
    apply: (db) =>
      db.exec(`
        CREATE TABLE event_next (
          seq INTEGER PRIMARY KEY,
          topic TEXT NOT NULL,
          body BLOB NOT NULL,
          proof_index INTEGER
        ) STRICT;
        INSERT INTO event_next SELECT seq, topic, CAST(body AS BLOB), proof_index FROM event ORDER BY seq;
        DROP TABLE event;
        ALTER TABLE event_next RENAME TO event;
      `),
  },
  {to: 10, apply: receiptsIntoLog},
  {
    to: 11,
    apply: (db) =>
      db.exec(`
        CREATE TABLE dictionary (
          id INTEGER PRIMARY KEY,
          height INTEGER NOT NULL,
          value BLOB NOT NULL
        ) STRICT;
      `),
  },
  // The tables that step 10 makes have it by now.
  {to: 12, apply: (db) => db.exec(fenceIndex("receipt"))},
  {
    to: 13,
    // Records of stakes that leave say their time since, which only the block that they left in knows.
    apply(db) {
      if (db.prepare("SELECT 1 FROM state WHERE store = 'stake-maturity'").get())
        throw new UnavailableError("DATABASE_OLDER", "a validator was leaving when an earlier build wrote this state", {
          hint: "start from an empty data directory, and sync or import the chain",
        });
    },
  },
];
