/** Which of several backends searches fastest here, on a machine that has other work. */
import {availableParallelism} from "node:os";
import {QsdmError} from "../../errors.js";
import type {ComputeBackend} from "../compute/backend.js";
import {buildDag} from "../ledger/mining/dag.js";
import type {SolveJob} from "../ledger/mining/solve.js";

/** Turns of each backend; the quickest one counts, since whatever else runs can only make a turn longer. */
const ROUNDS = 9;
/** Attempts of a turn, unless the backend's own slice is longer. */
const FEWEST_ATTEMPTS = 64;

export interface Trial {
  /** The one with the most attempts per second on all its threads; null where each of them failed. */
  readonly fastest: ComputeBackend | null;
  /** What those came to that failed while they searched. */
  readonly failures: readonly QsdmError[];
}

/**
 * Turns are taken in a circle, so that what slows the machine down for a while slows down all of them.
 * @param nowMs monotonic
 */
export function tryBackends(backends: readonly ComputeBackend[], nowMs: () => number = () => performance.now()): Trial {
  const table = buildDag({epoch: 0n, workSetRoot: new Uint8Array(32), entries: 1_024});
  const zeros = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32)};
  const job: SolveJob = {...zeros, target: 1n, table, mix: 1};
  const bestHps = new Map<ComputeBackend, number>(backends.map((backend) => [backend, 0]));
  const failures: QsdmError[] = [];
  const takeTurn = (backend: ComputeBackend): void => {
    const attempts = Math.max(FEWEST_ATTEMPTS, backend.sliceAttempts);
    const startedAtMs = nowMs();
    backend.solveSlice(job, new Uint8Array(16), attempts);
    const threads = Math.min(backend.mostThreads ?? Number.POSITIVE_INFINITY, availableParallelism());
    const hps = (threads * attempts * 1_000) / (nowMs() - startedAtMs);
    bestHps.set(backend, Math.max(bestHps.get(backend)!, hps));
  };
  for (let round = 0; round < ROUNDS; round++)
    for (const backend of [...bestHps.keys()])
      try {
        takeTurn(backend);
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        bestHps.delete(backend);
        failures.push(error);
      }
  let fastest: ComputeBackend | null = null;
  for (const [backend, hps] of bestHps) if (!fastest || hps > bestHps.get(fastest)!) fastest = backend;
  return {fastest, failures};
}
