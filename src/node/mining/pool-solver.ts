/** A solver on the backend's own threads: no worker, and a search that is called off ends within microseconds. */
import {UnavailableError} from "../../errors.js";
import {isTableChanged} from "../compute/mapped-table.js";
import type {ComputePool} from "../compute/pool.js";
import {advanceNonce} from "../ledger/mining/pow.js";
import type {Solution} from "../ledger/mining/solve.js";
import {LANE, type Search, type SharedDag, type Solver} from "./solver.js";

export class PoolSolver implements Solver {
  readonly takesCheckpoints = false;
  readonly takesMapped = true;
  readonly #attempts = new BigInt64Array(new SharedArrayBuffer(8));
  #table: SharedDag | null = null;

  /** @param pool for this solver alone, which closes it */
  constructor(private readonly pool: ComputePool) {}

  get threads(): number {
    return this.pool.threads;
  }

  attempts(): number {
    return Number(Atomics.load(this.#attempts, 0));
  }

  useTable(table: SharedDag): void {
    this.#table = table;
  }

  async search(search: Search, start: Uint8Array, signal: AbortSignal): Promise<Solution | null> {
    if (signal.aborted) return null;
    const table = this.#table;
    if (!table) throw new UnavailableError("SOLVER_FAILED", "a search came before the table");
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const job = {...search, table};
    let found: Solution | null = null;
    const threads = Array.from({length: this.threads}, async (_, thread) => {
      const run = {start: advanceNonce(start, BigInt(thread) * LANE), attempts: this.#attempts};
      try {
        found ??= await this.pool.search(job, run, both);
      } catch (cause) {
        if (isTableChanged(cause)) throw cause;
        if (!both.aborted) throw new UnavailableError("SOLVER_FAILED", "a mining thread failed", {cause});
      } finally {
        over.abort();
      }
    });
    // To the last thread, so that the next search has them all.
    const ends = await Promise.allSettled(threads);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed && !found) throw failed.reason;
    return signal.aborted ? null : found;
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
