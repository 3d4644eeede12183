/**
 * SQLite brings its log into the file behind a commit once it has a thousand pages, and keeps to itself what goes wrong:
 * nothing is lost by that, since the log stays as it is until a later try succeeds, but it grows with every commit. So
 * whoever sees it grow tries again, and hears what comes of it.
 */
import {statSync} from "node:fs";
import type {Sqlite} from "./driver.js";

/** More than the thousand pages take, unless one commit is large. */
const EXPECTED_BYTES = 5 * 1024 * 1024;

export class GrowingLog {
  #knownBytes = EXPECTED_BYTES;

  /** @param path of the database; empty for one without a name */
  constructor(
    private readonly db: Sqlite,
    private readonly path: string,
  ) {}

  /** 0 where there is no log yet, or no name to find it by. */
  bytes(): number {
    return this.path === "" ? 0 : (statSync(`${this.path}-wal`, {throwIfNoEntry: false})?.size ?? 0);
  }

  /** Behind a commit. @throws what SQLite does, where the log cannot be brought into the file */
  check(): void {
    const bytes = this.bytes();
    if (bytes <= this.#knownBytes) return;
    // A log keeps its length: one that a large commit made longer is looked at once.
    this.#knownBytes = bytes;
    this.db.pragma("wal_checkpoint(PASSIVE)");
  }
}
