/** The roster that a database is of. */
import {plain} from "../../../codecs/bytes.js";
import type {Sqlite} from "../sqlite/driver.js";

/** One row at most. */
export const ROSTER_TABLE = `CREATE TABLE roster (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  digest BLOB NOT NULL
) STRICT;
`;

export function rosterIn(db: Sqlite): Uint8Array | null {
  const row = db.prepare("SELECT digest FROM roster").get() as {digest: Buffer} | undefined;
  return row ? plain(row.digest) : null;
}

export function setRoster(db: Sqlite, digest: Uint8Array): void {
  db.prepare("INSERT INTO roster (id, digest) VALUES (1, ?)").run(digest);
}
