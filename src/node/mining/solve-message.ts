/** What the miner's main thread and its workers say to each other. */
import type {BackendName} from "../compute/backend.js";
import type {Solution} from "../ledger/mining/solve.js";
import type {Search, SharedDag} from "./solver.js";

/** Shared by all threads: the number of the search that is wanted, then each thread's attempts. */
export interface Board {
  readonly wanted: Int32Array<SharedArrayBuffer>;
  /** Low 32 bits would wrap within days, so 64. */
  readonly attempts: BigInt64Array<SharedArrayBuffer>;
}

/** A board for `threads` workers. */
export const createBoard = (threads: number): Board => ({
  wanted: new Int32Array(new SharedArrayBuffer(4)),
  attempts: new BigInt64Array(new SharedArrayBuffer(8 * threads)),
});

export type ToWorker =
  | {readonly kind: "table"; readonly table: SharedDag}
  | {readonly kind: "close"}
  | {readonly kind: "search"; readonly id: number; readonly search: Search; readonly start: Uint8Array};

/** Sent once for each solution; a search that is no longer wanted ends in silence. */
export interface FromWorker {
  readonly id: number;
  readonly solution: Solution;
}

export interface WorkerSetup {
  readonly thread: number;
  readonly board: Board;
  readonly backend: BackendName;
  readonly device: number;
}
