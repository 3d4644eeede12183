/**
 * Commits that do not hold the thread until they are on disk. A write-ahead log is written in order and read as far as its
 * checksums hold, so a commit is as durable once the file was flushed as if SQLite had done it.
 */
import {closeSync, fdatasync, openSync} from "node:fs";
import type {Sqlite} from "./driver.js";
import {explainWrite} from "./failure.js";
import {GrowingLog} from "./growing-log.js";

/** Commits whose pages the log gathers, as about so many take as SQLite does it behind. */
const COMMITS_LOGGED = 128;
/** SQLite's own, for whoever writes besides. */
const AUTOCHECKPOINT_PAGES = 1_000;

export class WalCommits {
  #file: number | null = null;
  readonly #log: GrowingLog;
  /** Since the log was last brought into the file. */
  #commits = 0;
  /** After a failed flush the page cache no longer says what is on disk. */
  #failed: unknown = null;
  #flushes = 0;
  #closed = false;

  /**
   * @param db with the journal `wal` and synchronous FULL
   * @param flush brings a file to disk
   */
  constructor(
    private readonly db: Sqlite,
    private readonly flush: (file: number, done: (error: NodeJS.ErrnoException | null) => void) => void = fdatasync,
  ) {
    this.#log = new GrowingLog(db, db.name);
  }

  /**
   * Runs `work` in a transaction now. What is read afterwards sees it; it resolves once a power cut leaves it.
   * @throws as `work`, and SQLite, at once
   * @returns rejects with UnavailableError STORE_WRITE_FAILED
   */
  commit(work: () => void): Promise<void> {
    if (this.#failed !== null) throw this.#failed;
    // Before anything is written: who has it open is told of a sync that fails, whoever asked for it.
    this.#file ??= openSync(`${this.db.name}-wal`, "r+");
    // A checkpoint syncs the log first, and behind a commit SQLite keeps to itself that it failed. The flush of this commit
    // would then answer for pages that the failed one gave up.
    this.db.pragma("wal_autocheckpoint = 0");
    this.db.pragma("synchronous = NORMAL");
    try {
      this.db.transaction(work).immediate();
    } finally {
      this.db.pragma("synchronous = FULL");
      this.db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
    }
    return this.#flush(this.#file);
  }

  /** Whether a flush failed: from then on the database takes no writes, whoever makes them. */
  get hasFailed(): boolean {
    return this.#failed !== null;
  }

  /** Before the database is closed, which flushes what is under way. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #flush(file: number): Promise<void> {
    this.#flushes++;
    return new Promise((resolve, reject) => {
      this.flush(file, (error) => {
        this.#flushes--;
        if (this.#closed) this.#release();
        if (error) return reject(this.#fail(Object.assign(error, {code: "SQLITE_IOERR_FSYNC"})));
        // A failure is told to one of the flushes that are under way: what the others wrote may stand behind its gap.
        if (this.#failed !== null) return reject(this.#failed);
        resolve();
        this.#checkpoint();
      });
    });
  }

  /** Brings the log into the file from time to time, behind a flush: what goes wrong then is nobody's commit, and is heard. */
  #checkpoint(): void {
    if (this.#closed || this.#failed !== null) return;
    try {
      if (++this.#commits < COMMITS_LOGGED) return this.#log.check();
      this.#commits = 0;
      this.db.pragma("wal_checkpoint(PASSIVE)");
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): unknown {
    this.#failed ??= explainWrite(error, this.db.name);
    // A log is read up to the first gap: what anybody wrote behind this would be flushed, and lost with it.
    if (!this.#closed) this.db.pragma("query_only = ON");
    return this.#failed;
  }

  #release(): void {
    if (this.#flushes > 0 || this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
  }
}
