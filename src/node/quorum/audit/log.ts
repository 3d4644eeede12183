/** A coordinator's audit log: entries that each name the one before, and the tree over them. */
import {auditEntry, type StrictAuditEntry} from "../../../codecs/quorum/strict/audit.js";
import {UsageError} from "../../../errors.js";
import {
  appendLeaf,
  consistencyProof,
  type Frontier,
  frontierRoot,
  inclusionProof,
  type LogHead,
  leafHash,
  type Subtrees,
} from "./tree.js";

export type AuditNote = Omit<StrictAuditEntry, "index" | "timeMs" | "previous">;

/** Where a log stands. */
export interface LogEnd {
  readonly size: number;
  readonly frontier: Frontier;
  /** Leaf hash of the last entry; zeros before the first. */
  readonly head: Uint8Array;
  readonly timeMs: bigint;
}
export const EMPTY_LOG: LogEnd = {size: 0, frontier: [], head: new Uint8Array(32), timeMs: 0n};

export interface AppendedEntry {
  readonly bytes: Uint8Array;
  readonly completed: ReturnType<typeof appendLeaf>["completed"];
}

/** Whatever returns has survived a power cut. */
export interface AuditLogStore extends Subtrees {
  end(): LogEnd;
  append(entries: readonly AppendedEntry[], end: LogEnd): void;
  /** The same, which is read at once, and has survived a power cut when it resolves. */
  appended(entries: readonly AppendedEntry[], end: LogEnd): Promise<void>;
  /** At most `count` from index `from` on. */
  entries(from: number, count: number): readonly Uint8Array[];
}

export class AuditLog {
  #end: LogEnd;
  /** Written with the next: the outcome of a job is worth no flush of its own. */
  readonly #waiting: AppendedEntry[] = [];
  /** Until the last that was handed to the disk has survived a power cut. */
  #written: Promise<void> = Promise.resolve();

  constructor(private readonly store: AuditLogStore) {
    this.#end = store.end();
  }

  get size(): number {
    return this.#end.size;
  }

  get head(): LogHead & {readonly head: Uint8Array} {
    return {size: this.#end.size, root: frontierRoot(this.#end.frontier), head: this.#end.head};
  }

  /** Adds an entry, on the disk when this returns, with all that waited. */
  append(note: AuditNote, nowMs: number): void {
    this.defer(note, nowMs);
    this.flush();
  }

  /** Adds an entry that is written with the next. */
  defer(note: AuditNote, nowMs: number): void {
    const {size, head, frontier, timeMs} = this.#end;
    // A clock that was set back does not go back in the log.
    const at = BigInt(nowMs) > timeMs ? BigInt(nowMs) : timeMs;
    const bytes = auditEntry.encode({index: BigInt(size), timeMs: at, previous: head, ...note});
    const leaf = leafHash(bytes);
    const next = appendLeaf(frontier, size, leaf);
    this.#waiting.push({bytes, completed: next.completed});
    this.#end = {size: size + 1, frontier: next.frontier, head: leaf, timeMs: at};
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    this.store.append(this.#waiting, this.#end);
    this.#waiting.length = 0;
  }

  /** All entries so far are on the disk once this resolves, those that are on their way there as well. */
  async flushed(): Promise<void> {
    if (this.#waiting.length > 0) {
      this.#written = this.store.appended(this.#waiting, this.#end);
      this.#waiting.length = 0;
    }
    await this.#written;
  }

  entries(from: number, count: number): readonly Uint8Array[] {
    this.flush();
    return this.store.entries(from, count);
  }

  /** @throws UsageError LOG_RANGE */
  inclusion(index: number, size: number): {readonly entry: Uint8Array; readonly proof: readonly Uint8Array[]} {
    this.flush();
    if (index >= size || size > this.size) outside(this.size);
    return {entry: this.store.entries(index, 1)[0]!, proof: inclusionProof(this.store, index, size)};
  }

  /** @throws UsageError LOG_RANGE */
  consistency(first: number, size: number): readonly Uint8Array[] {
    this.flush();
    if (first > size || size > this.size) outside(this.size);
    return consistencyProof(this.store, first, size);
  }
}

function outside(size: number): never {
  throw new UsageError("LOG_RANGE", `the log has ${size} entries, and not those`);
}
