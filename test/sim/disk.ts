/**
 * A node's disk: the production store on SQLite in memory, which outlives the node. What a call has not returned from is
 * lost whole, as a transaction is; a call can be made to fail before or after it reached the disk, and from then on
 * the disk answers nothing, because a process whose fsync failed must stop.
 */
import {concat} from "../../src/codecs/bytes.js";
import {type Block, block as blockCodec} from "../../src/codecs/chain/block.js";
import {UnavailableError} from "../../src/errors.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import type {DiskWrite} from "./plan.js";

/** Mark of a row that is not compressed. */
const RAW_ROW = Uint8Array.of(0);

export class SimDisk {
  #write: DiskWrite = "commit";
  #failing: "no" | "before" | "after" = "no";
  /** Whether it fails again under the next process. */
  #lasting = false;
  #broken = false;

  private constructor(private readonly store: SqliteStore) {}

  static async create(): Promise<SimDisk> {
    return new SimDisk(await SqliteStore.open({path: ":memory:", slashReceiptsMax: 100, eventBlocksKept: 100}));
  }

  /** The next such write fails, or with `lasting` each of them: before it reached the disk, or after. */
  break({write, written, lasting}: {write: DiskWrite; written: boolean; lasting: boolean}): void {
    this.#write = write;
    this.#failing = written ? "after" : "before";
    this.#lasting = lasting;
  }

  /** A new process on the same disk. */
  restart(): void {
    this.#broken = false;
  }

  mend(): void {
    this.#failing = "no";
    this.#broken = false;
  }

  /** The store as a run of the node has it; of no use once the disk is closed to it. */
  open(alive: () => boolean): SqliteStore {
    const writes = new Set<PropertyKey>(["commit", "keepWaiting", "dropWaiting", "keepPromise", "keepBatches"]);
    const fail = (): never => {
      this.#broken = true;
      if (!this.#lasting) this.#failing = "no";
      throw new UnavailableError("DISK_FAILED", "the disk failed");
    };
    return new Proxy<SqliteStore>(this.store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        // Bodies are kept uncompressed: compression runs on threads of its own, whose order no seed decides.
        if (name === "pack") return async (body: Block) => concat(RAW_ROW, blockCodec.encode(body));
        return (...parameters: unknown[]): unknown => {
          if (!alive()) throw new UnavailableError("PROCESS_GONE", "this process is dead");
          if (name === "close") return undefined;
          if (!writes.has(name)) return (value as (...all: unknown[]) => unknown).apply(target, parameters);
          const hit = name === this.#write;
          if ((hit && this.#failing === "before") || this.#broken) fail();
          const result = (value as (...all: unknown[]) => unknown).apply(target, parameters);
          if (hit && this.#failing === "after") fail();
          return result;
        };
      },
    });
  }

  close(): void {
    this.store.close();
  }
}
