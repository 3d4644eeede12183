/** A solver of worker threads, each with its own part of the nonce space. */
import {setTimeout as sleep} from "node:timers/promises";
import type {Worker} from "node:worker_threads";
import {InvariantError, UnavailableError} from "../../errors.js";
import type {BackendName} from "../compute/backend.js";
import {isMapped} from "../compute/mapped-table.js";
import {advanceNonce} from "../ledger/mining/pow.js";
import type {Solution} from "../ledger/mining/solve.js";
import {createWorker} from "../worker.js";
import {type Board, createBoard, type FromWorker, type ToWorker, type WorkerSetup} from "./solve-message.js";
import {LANE, type Search, type SharedDag, type Solver} from "./solver.js";

/** How long a thread may take to end by itself: a slice of a search and letting go of a device. */
const CLOSE_MS = 5_000;

interface Running {
  readonly id: number;
  settle(solution: Solution | null): void;
  fail(error: unknown): void;
}

/** Threads of one device, and what they compute with. */
export interface WorkerSolverOptions {
  readonly threads: number;
  readonly backend: BackendName;
  /** Number of the device, for backends that have several. */
  readonly device?: number;
}

export class WorkerSolver implements Solver {
  readonly threads: number;
  readonly takesCheckpoints: boolean;
  readonly takesMapped = false;
  readonly #board: Board;
  readonly #workers: readonly Worker[];
  #running: Running | null = null;
  #failure: unknown = null;
  #searches = 0;
  #closed = false;

  /** Starts the workers; a thread that dies fails the search under way and every later one. */
  constructor({threads, backend, device = 0}: WorkerSolverOptions) {
    this.threads = threads;
    this.takesCheckpoints = backend === "cuda";
    this.#board = createBoard(threads);
    this.#workers = Array.from({length: threads}, (_, thread) =>
      this.#spawn({thread, board: this.#board, backend, device}),
    );
  }

  attempts(): number {
    let total = 0n;
    for (let thread = 0; thread < this.threads; thread++) total += Atomics.load(this.#board.attempts, thread);
    return Number(total);
  }

  useTable(table: SharedDag): void {
    if (isMapped(table)) throw new InvariantError("a mapped table is not sent to another thread");
    this.#post({kind: "table", table});
  }

  search(search: Search, start: Uint8Array, signal: AbortSignal): Promise<Solution | null> {
    if (signal.aborted) return Promise.resolve(null);
    const id = ++this.#searches;
    const found = new Promise<Solution | null>((resolve, reject) => {
      this.#running = {id, settle: resolve, fail: reject};
      if (this.#failure) return reject(this.#failure);
      Atomics.store(this.#board.wanted, 0, id);
      for (const [thread, worker] of this.#workers.entries())
        send(worker, {kind: "search", id, search, start: advanceNonce(start, BigInt(thread) * LANE)});
    });
    const abort = (): void => this.#running?.settle(null);
    signal.addEventListener("abort", abort, {once: true});
    return found.finally(() => {
      signal.removeEventListener("abort", abort);
      // Every thread still searching sees another number and stops.
      Atomics.store(this.#board.wanted, 0, 0);
      this.#running = null;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    Atomics.store(this.#board.wanted, 0, 0);
    this.#running?.settle(null);
    const ended = Promise.all(this.#workers.map(end));
    this.#post({kind: "close"});
    await Promise.race([ended, sleep(CLOSE_MS, null, {ref: false})]);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #post(message: ToWorker): void {
    for (const worker of this.#workers) send(worker, message);
  }

  #spawn(setup: WorkerSetup): Worker {
    const worker = createWorker("mining/solve-worker", {workerData: setup, name: `solver ${setup.thread}`});
    worker.on("message", ({id, solution}: FromWorker) => {
      if (this.#running?.id === id) this.#running.settle(solution);
    });
    const failed = (cause: unknown): void => {
      if (this.#closed) return;
      this.#failure ??= new UnavailableError("SOLVER_FAILED", "a mining thread died", {cause});
      this.#running?.fail(this.#failure);
    };
    worker.on("error", failed);
    worker.on("exit", failed);
    return worker;
  }
}

/** Settled once the thread is gone; one that died is gone already. */
const end = (worker: Worker): Promise<void> =>
  new Promise((resolve) => (worker.threadId < 0 ? resolve() : worker.once("exit", () => resolve())));

// A typed port would not let a message of another shape through; Worker's own method takes anything.
const send = (worker: Worker, message: ToWorker): void => worker.postMessage(message);
