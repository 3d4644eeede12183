/** Carries a job out: on this thread where it takes less time than starting others, on worker threads otherwise. */
import {setImmediate as nextTurn} from "node:timers/promises";
import {UnavailableError} from "../../../errors.js";
import type {ComputeBackend} from "../../compute/backend.js";
import {createWorker} from "../../worker.js";
import {fillChain} from "./chain.js";
import type {DagWorkerSetup} from "./dag-worker.js";
import {BOARD, type DagJob, type DagMethod} from "./job.js";
import {fillSegments} from "./segments.js";

/** Time between two looks at how far the threads are. */
const LOOK_MS = 200;

/** How a job is carried out. */
export interface FillPlan {
  readonly method: DagMethod;
  /** 0 fills on this thread. */
  readonly threads: number;
  readonly backend: ComputeBackend;
  readonly signal: AbortSignal;
  /** Told now and then how many entries are done. */
  readonly progress: (doneEntries: number) => void;
}

/**
 * True once the job is done; false when its checkpoints are wrong.
 * @throws the signal's reason; UnavailableError DAG_THREAD_FAILED
 */
export async function fill(job: DagJob, plan: FillPlan): Promise<boolean> {
  const {threads, signal, progress} = plan;
  signal.throwIfAborted();
  await (threads === 0 ? fillHere(job, plan) : fillOnThreads(job, plan));
  signal.throwIfAborted();
  if (Atomics.load(job.board, BOARD.wrong) !== 0) return false;
  progress(job.seed.entries);
  return true;
}

async function fillHere(job: DagJob, {method, backend, signal, progress}: FillPlan): Promise<void> {
  for (const _ of method === "chain" ? fillChain(job, backend) : fillSegments(job, backend)) {
    progress(Atomics.load(job.board, BOARD.done));
    await nextTurn();
    if (signal.aborted) return;
  }
}

async function fillOnThreads(job: DagJob, {method, threads, backend, signal, progress}: FillPlan): Promise<void> {
  const stop = (): void => void Atomics.store(job.board, BOARD.stop, 1);
  const looking = setInterval(() => progress(Atomics.load(job.board, BOARD.done)), LOOK_MS);
  signal.addEventListener("abort", stop, {once: true});
  const setup: DagWorkerSetup = {job, method, backend: backend.tables ?? backend.name};
  try {
    await Promise.all(Array.from({length: method === "chain" ? 1 : threads}, () => finished(setup)));
  } catch (error) {
    stop();
    throw error;
  } finally {
    clearInterval(looking);
    signal.removeEventListener("abort", stop);
  }
}

const finished = (setup: DagWorkerSetup): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = createWorker("mining/dag/dag-worker", {workerData: setup, name: "table"});
    const failed = (cause: unknown): void =>
      reject(new UnavailableError("DAG_THREAD_FAILED", "a thread that builds the table died", {cause}));
    worker.on("error", failed);
    worker.on("exit", (code) => (code === 0 ? resolve() : failed({code})));
  });
