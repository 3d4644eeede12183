/** Writes of many callers in one transaction: a disk takes as long for all of them as for one. */
import type {Sqlite} from "../sqlite/driver.js";
import {WalCommits} from "../sqlite/wal-commits.js";

interface Waiting {
  /** Within the transaction. */
  run(): void;
  /** Once it is on disk, or failed. */
  settle(failed?: unknown): void;
}

export class GroupCommit {
  readonly #commits: WalCommits;
  #waiting: Waiting[] = [];
  /** The next group gathers while this one goes to disk. */
  #busy = false;

  constructor(private readonly db: Sqlite) {
    this.#commits = new WalCommits(db);
  }

  /**
   * Runs `work` with what others bring in the same turn of the event loop: all of it or nothing for each of them.
   * @returns what it gives, once it has survived a power cut
   * @throws as `work`; and as SQLite, to all of them
   */
  together<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let outcome: {readonly value: T} | {readonly error: unknown};
      this.#add({
        run: () => {
          try {
            outcome = {value: this.db.transaction(work)()};
          } catch (error) {
            outcome = {error};
          }
        },
        settle(failed) {
          if (failed !== undefined) reject(failed);
          else if ("error" in outcome) reject(outcome.error);
          else resolve(outcome.value);
        },
      });
    });
  }

  /** Runs `work` before whatever comes later, and keeps nobody waiting: a crash may lose it. */
  soon(work: () => void): void {
    void this.together(work).catch(() => undefined);
  }

  /** Whether the database takes no writes any more. */
  get hasFailed(): boolean {
    return this.#commits.hasFailed;
  }

  /** Writes what waits, before the database is closed. */
  close(): void {
    const group = this.#take();
    try {
      this.db
        .transaction(() => {
          for (const {run} of group) run();
        })
        .immediate();
      for (const {settle} of group) settle();
    } catch (error) {
      for (const {settle} of group) settle(error);
    }
    this.#commits.close();
  }

  #take(): Waiting[] {
    const group = this.#waiting;
    this.#waiting = [];
    return group;
  }

  async #flush(): Promise<void> {
    const group = this.#take();
    let failed: unknown;
    try {
      await this.#commits.commit(() => {
        for (const {run} of group) run();
      });
    } catch (error) {
      failed = error;
    }
    for (const {settle} of group) settle(failed);
    this.#busy = false;
    if (this.#waiting.length > 0) this.#begin();
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (!this.#busy) this.#begin();
  }

  #begin(): void {
    this.#busy = true;
    setImmediate(() => void this.#flush());
  }
}
