/**
 * Batches that are computed beside the caller, on threads of the backend's own. What waits is bounded: a full pool
 * refuses, and whoever asked tries again or says so.
 */
import type {Solution, SolveJob} from "../ledger/mining/solve.js";
import type {MlDsaLevel, SignedMessage} from "./ml-dsa.js";

export interface PoolOptions {
  readonly threads: number;
  /** Batches that may wait for a thread. */
  readonly waitingBatches: number;
  /** What those may take, in bytes. */
  readonly waitingBytes: number;
}

/** Waiting batches and their bytes: 512 jobs of 128 signatures with messages of a kilobyte. */
export const DEFAULT_POOL_LIMITS: Omit<PoolOptions, "threads"> = {waitingBatches: 512, waitingBytes: 512 * 2 ** 20};

/** Where a search starts, and what its attempts are added to. */
export interface SearchRun {
  readonly start: Uint8Array;
  readonly attempts: BigInt64Array<SharedArrayBuffer>;
}

/**
 * Each method copies what it is given before it returns, except for tables, and rejects with the signal's reason once
 * nobody wants the result, with UnavailableError COMPUTE_BUSY when too much waits, and COMPUTE_CLOSED after `close`.
 */
export interface ComputePool {
  readonly threads: number;
  /** Signatures of ML-DSA-87 from which on a batch is quicker in one piece, on a device. Missing where nothing has one. */
  readonly deviceFrom?: number;
  /** SHA3-256 of each message. */
  sha3(messages: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly Uint8Array[]>;
  /** Whether each signature is valid, with an empty context; malformed input is false. */
  mlDsaVerify(level: MlDsaLevel, batch: readonly SignedMessage[], signal?: AbortSignal): Promise<readonly boolean[]>;
  /** Occupies one thread until it has a solution. The table is mapped, or lies in shared memory. */
  search(job: SolveJob, run: SearchRun, signal?: AbortSignal): Promise<Solution>;
  /** Cancels what is under way, and resolves when no thread is left. */
  close(): Promise<void>;
}
