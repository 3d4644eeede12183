/**
 * Commits that do not hold the thread until they are on disk. A write-ahead log is written in order and read as far as its
 * checksums hold, so a commit is as durable once the file was flushed as if SQLite had done it.
 */
import {closeSync, fdatasync, openSync} from "node:fs";
import type {Sqlite} from "./driver.js";
import {explainWrite} from "./failure.js";

export class WalCommits {
  #file: number | null = null;
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
  ) {}

  /**
   * Runs `work` in a transaction now. What is read afterwards sees it; it resolves once a power cut leaves it.
   * @throws as `work`, and SQLite, at once
   * @returns rejects with UnavailableError STORE_WRITE_FAILED
   */
  commit(work: () => void): Promise<void> {
    if (this.#failed !== null) throw this.#failed;
    this.db.pragma("synchronous = NORMAL");
    try {
      this.db.transaction(work).immediate();
    } finally {
      this.db.pragma("synchronous = FULL");
    }
    this.#file ??= openSync(`${this.db.name}-wal`, "r+");
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
        if (!error) return resolve();
        this.#failed = explainWrite(Object.assign(error, {code: "SQLITE_IOERR_FSYNC"}), this.db.name);
        reject(this.#failed);
        // A log is read up to the first gap: what anybody wrote behind this would be flushed, and lost with it.
        if (!this.#closed) this.db.pragma("query_only = ON");
      });
    });
  }

  #release(): void {
    if (this.#flushes > 0 || this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
  }
}
