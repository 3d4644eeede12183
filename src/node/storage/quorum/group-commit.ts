/** Writes of many callers in one transaction: a disk takes as long for all of them as for one. */
import type {Sqlite} from "../sqlite/driver.js";

interface Waiting {
  /** Within the transaction; true where it came through. */
  run(): void;
  /** Once it is on disk, or failed. */
  settle(failed?: unknown): void;
}

export class GroupCommit {
  #waiting: Waiting[] = [];

  constructor(private readonly db: Sqlite) {}

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

  /** Writes what waits. */
  flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.db
        .transaction(() => {
          for (const {run} of group) run();
        })
        .immediate();
    } catch (error) {
      for (const {settle} of group) settle(error);
      return;
    }
    for (const {settle} of group) settle();
  }

  #add(waiting: Waiting): void {
    if (this.#waiting.push(waiting) === 1) setImmediate(() => this.flush());
  }
}
