/** Who searches for nonces, as the miner sees it. */
import type {MappedTable} from "../compute/mapped-table.js";
import type {DagCheckpoints} from "../ledger/mining/checkpoints.js";
import type {Solution, SolveJob} from "../ledger/mining/solve.js";

/** A search over a table that the solver already has. */
export type Search = Omit<SolveJob, "table">;

/** Nonces between two threads' starting points: more than either can ever try. */
export const LANE = 1n << 64n;

/** What solvers are handed: memory that threads share, or a file that is mapped, for those that take one. */
export type SharedDag = Uint8Array<SharedArrayBuffer> | MappedTable | DagCheckpoints;

export interface Solver {
  /** Whether checkpoints are enough, because the table is built from them elsewhere. */
  readonly takesCheckpoints: boolean;
  /** Whether it can walk a table whose file is mapped. */
  readonly takesMapped: boolean;
  /** How many searches run side by side. */
  readonly threads: number;
  /** Attempts since it was opened, those of the running search included. */
  attempts(): number;
  /** Hands over the table that the next searches walk, or its checkpoints where those are taken. */
  useTable(table: SharedDag): void;
  /**
   * Searches from `start` until a nonce is found or `signal` aborts, which gives null.
   * @throws UnavailableError SOLVER_FAILED; TABLE_CHANGED when the file of a mapped table is not what it was
   */
  search(search: Search, start: Uint8Array, signal: AbortSignal): Promise<Solution | null>;
  close(): Promise<void>;
}
