/** What this machine knows of its share in a cluster, on its own disk: how far blocks were given up for good. */
import type {Sqlite} from "../sqlite/driver.js";
import {type DatabaseForm, openDatabase} from "../sqlite/open.js";

const FORM: DatabaseForm = {
  /** "qsdl" in ASCII. */
  applicationId: 0x7173646c,
  version: 1,
  journal: "truncate",
  schema: "CREATE TABLE mark (name TEXT PRIMARY KEY, height INTEGER NOT NULL) STRICT;",
};

/**
 * `pruned`: blocks up to here are gone for whoever asks. `dropped`: their rows have left the cluster. `fetching`: 1 while
 * what the cluster has is on its way back, 0 otherwise.
 */
export type Mark = "pruned" | "dropped" | "fetching";

export class LinkFile {
  readonly #marks = new Map<string, bigint>();

  private constructor(private readonly db: Sqlite) {
    const rows = db.prepare("SELECT name, height FROM mark").all() as {name: string; height: bigint}[];
    for (const {name, height} of rows) this.#marks.set(name, height);
  }

  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): LinkFile {
    return new LinkFile(openDatabase(path, FORM));
  }

  mark(name: Mark): bigint {
    return this.#marks.get(name) ?? 0n;
  }

  setMark(name: Mark, height: bigint): void {
    this.db
      .prepare(
        "INSERT INTO mark (name, height) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET height = excluded.height",
      )
      .run(name, height);
    this.#marks.set(name, height);
  }

  close(): void {
    this.db.close();
  }
}
