/** One thread that helps to fill a table; it ends when its part is done. */
import {workerData} from "node:worker_threads";
import {type BackendName, openBackend} from "../../compute/backend.js";
import {fillChain} from "./chain.js";
import {BOARD, type DagJob, type DagMethod} from "./job.js";
import {fillSegments} from "./segments.js";

/** What the thread is started with. */
export interface DagWorkerSetup {
  readonly job: DagJob;
  readonly method: DagMethod;
  readonly backend: BackendName;
}

const {job, method, backend: name} = workerData as DagWorkerSetup;
const backend = await openBackend(name);
for (const _ of method === "chain" ? fillChain(job, backend) : fillSegments(job, backend))
  if (Atomics.load(job.board, BOARD.stop) !== 0) break;
