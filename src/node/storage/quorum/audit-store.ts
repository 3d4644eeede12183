/** Audit logs of the strict profile on disk: a coordinator's own, and what custodians have read of others'. */
import {plain} from "../../../codecs/bytes.js";
import {auditEntry, type Countersigned, countersigned} from "../../../codecs/quorum/strict/audit.js";
import {type AppendedEntry, type AuditLogStore, EMPTY_LOG, type LogEnd} from "../../quorum/audit/log.js";
import {leafHash} from "../../quorum/audit/tree.js";
import type {ReadEntry, WitnessStore} from "../../quorum/audit/witness.js";
import type {Sqlite} from "../sqlite/driver.js";
import {type DatabaseForm, openDatabase} from "../sqlite/open.js";
import {WalCommits} from "../sqlite/wal-commits.js";
import {openPrivate} from "./private.js";

const DIGEST_BYTES = 32;

const LOG_FORM: DatabaseForm = {
  journal: "wal",
  // "qvma" in ASCII.
  applicationId: 0x71766d61,
  version: 1,
  schema: `
CREATE TABLE entry (
  idx INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE subtree (
  level INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  root BLOB NOT NULL,
  PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY,
  countersigned BLOB NOT NULL
) STRICT;
`,
};

export class SqliteAuditLogStore implements AuditLogStore {
  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteAuditLogStore {
    return new SqliteAuditLogStore(openDatabase(path, LOG_FORM));
  }

  readonly #commits: WalCommits;

  private constructor(private readonly db: Sqlite) {
    this.#commits = new WalCommits(db);
  }

  end(): LogEnd {
    const last = this.db.prepare("SELECT idx, bytes FROM entry ORDER BY idx DESC LIMIT 1").get() as
      | {idx: bigint; bytes: Buffer}
      | undefined;
    if (!last) return EMPTY_LOG;
    const bytes = plain(last.bytes);
    const size = Number(last.idx) + 1;
    const frontier: Uint8Array[] = [];
    for (let [left, level] = [size, 0]; left > 0; left = Math.floor(left / 2), level++)
      if (left % 2 === 1) frontier.unshift(this.subtree(level, left - 1));
    return {size, frontier, head: leafHash(bytes), timeMs: auditEntry.decode(bytes).timeMs};
  }

  append(entries: readonly AppendedEntry[], end: LogEnd): void {
    this.db.transaction(() => this.#insert(entries, end)).immediate();
  }

  appended(entries: readonly AppendedEntry[], end: LogEnd): Promise<void> {
    return this.#commits.commit(() => this.#insert(entries, end));
  }

  #insert(entries: readonly AppendedEntry[], end: LogEnd): void {
    const entry = this.db.prepare("INSERT INTO entry (idx, bytes) VALUES (?, ?)");
    const subtree = this.db.prepare("INSERT INTO subtree (level, idx, root) VALUES (?, ?, ?)");
    const first = end.size - entries.length;
    for (const [i, {bytes, completed}] of entries.entries()) {
      entry.run(first + i, bytes);
      for (const {level, index, root} of completed) subtree.run(level, index, root);
    }
  }

  entries(from: number, count: number): readonly Uint8Array[] {
    const rows = this.db.prepare("SELECT bytes FROM entry WHERE idx >= ? ORDER BY idx LIMIT ?").all(from, count);
    return (rows as {bytes: Buffer}[]).map(({bytes}) => plain(bytes));
  }

  subtree(level: number, index: number): Uint8Array {
    const row = this.db.prepare("SELECT root FROM subtree WHERE level = ? AND idx = ?").get(level, index);
    return plain((row as {root: Buffer}).root);
  }

  /** The newest. */
  checkpoint(): Countersigned | null {
    const row = this.db.prepare("SELECT countersigned FROM checkpoint ORDER BY size DESC LIMIT 1").get();
    return row ? countersigned.decode(plain((row as {countersigned: Buffer}).countersigned)) : null;
  }

  saveCheckpoint(signed: Countersigned): void {
    this.db
      .prepare("INSERT OR REPLACE INTO checkpoint (size, countersigned) VALUES (?, ?)")
      .run(signed.checkpoint.content.size, countersigned.encode(signed));
  }

  close(): void {
    this.#commits.close();
    this.db.close();
  }
}

const WITNESS_FORM: DatabaseForm = {
  journal: "wal",
  // "qvmw" in ASCII.
  applicationId: 0x71766d77,
  version: 1,
  schema: `
CREATE TABLE log (
  coordinator TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  frontier BLOB NOT NULL,
  head BLOB NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE kept (
  coordinator TEXT NOT NULL,
  idx INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (coordinator, idx)
) STRICT;
`,
};

export class SqliteWitnessStore implements WitnessStore {
  /** @throws UnavailableError as `openDatabase` says */
  static open(path: string): SqliteWitnessStore {
    return new SqliteWitnessStore(openPrivate(path, WITNESS_FORM));
  }

  private constructor(private readonly db: Sqlite) {}

  end(coordinator: string): LogEnd {
    const row = this.db
      .prepare("SELECT size, frontier, head, time_ms FROM log WHERE coordinator = ?")
      .get(coordinator) as {size: bigint; frontier: Buffer; head: Buffer; time_ms: bigint} | undefined;
    if (!row) return EMPTY_LOG;
    const roots = plain(row.frontier);
    const frontier = Array.from({length: roots.length / DIGEST_BYTES}, (_, i) =>
      roots.slice(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES),
    );
    return {size: Number(row.size), frontier, head: plain(row.head), timeMs: row.time_ms};
  }

  save(coordinator: string, {size, frontier, head, timeMs}: LogEnd, kept: readonly ReadEntry[]): void {
    const end = this.db.prepare(
      "INSERT OR REPLACE INTO log (coordinator, size, frontier, head, time_ms) VALUES (?, ?, ?, ?, ?)",
    );
    const entry = this.db.prepare("INSERT OR IGNORE INTO kept (coordinator, idx, bytes) VALUES (?, ?, ?)");
    this.db
      .transaction(() => {
        end.run(coordinator, size, Buffer.concat(frontier), head, timeMs);
        for (const {index, bytes} of kept) entry.run(coordinator, index, bytes);
      })
      .immediate();
  }

  /** Entries that concern this custodian, in order. */
  kept(coordinator: string): readonly Uint8Array[] {
    const rows = this.db.prepare("SELECT bytes FROM kept WHERE coordinator = ? ORDER BY idx").all(coordinator);
    return (rows as {bytes: Buffer}[]).map(({bytes}) => plain(bytes));
  }

  close(): void {
    this.db.close();
  }
}
