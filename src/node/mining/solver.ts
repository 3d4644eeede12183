/** Who searches for nonces, as the miner sees it. */
import type {DagCheckpoints} from "../ledger/mining/checkpoints.js";
import type {Solution, SolveJob} from "../ledger/mining/solve.js";

/** A search over a table that the solver already has. */
export type Search = Omit<SolveJob, "table">;

/** Nonces between two threads' starting points: more than either can ever try. */
export const LANE = 1n << 64n;

/** What solvers are handed, in memory that threads share. */
export type SharedDag = Uint8Array<SharedArrayBuffer> | DagCheckpoints;

export interface Solver {
  /** Whether checkpoints are enough, because the table is built from them elsewhere. */
  readonly takesCheckpoints: boolean;
  /** How many searches run side by side. */
  readonly threads: number;
  /** Attempts since it was opened, those of the running search included. */
  attempts(): number;
  /** Hands over the table that the next searches walk, or its checkpoints where those are taken. */
  useTable(table: SharedDag): void;
  /**
   * Searches from `start` until a nonce is found or `signal` aborts, which gives null.
   * @throws UnavailableError SOLVER_FAILED
   */
  search(search: Search, start: Uint8Array, signal: AbortSignal): Promise<Solution | null>;
  close(): Promise<void>;
}
