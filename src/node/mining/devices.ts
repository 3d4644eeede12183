/** Devices by name: `cpu` with the threads of --threads, `cpu:N` with N of its own, `cuda:N` and all of those as `cuda`. */
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import {type ComputeBackend, openBackend} from "../compute/backend.js";
import {type CudaDevice, loadCuda} from "../compute/native/cuda-library.js";
import {DEFAULT_POOL_LIMITS} from "../compute/pool.js";
import {checkBackend} from "./choose-backend.js";
import type {Device} from "./fleet.js";
import {PoolSolver} from "./pool-solver.js";
import type {Solver} from "./solver.js";
import {WorkerSolver} from "./worker-solver.js";

const MAX_THREADS = 1_024;
const MAX_DEVICES = 1_024;
const HINT = "devices are cpu, cpu:N for N threads, cuda, and cuda:N for one of several; --device list shows them";

/** What a device is made of. */
export interface DevicePlan {
  readonly name: string;
  readonly threads: number;
  /** Number of a CUDA device; null for the CPU. */
  readonly cuda: number | null;
}

/** Devices that can be opened, and those that cannot, with the reason. */
export interface DevicePlans {
  readonly plans: readonly DevicePlan[];
  readonly refused: readonly QsdmError[];
}

/**
 * What `names` ask for.
 * @param cudaDevices asked where a name says cuda
 * @throws UsageError DEVICE_UNKNOWN, DEVICE_TWICE; QsdmError of the last device when none can be used
 */
export function planDevices(
  names: readonly string[],
  threads: number,
  cudaDevices: () => readonly CudaDevice[] = () => loadCuda().devices,
): DevicePlans {
  const plans: DevicePlan[] = [];
  const refused: QsdmError[] = [];
  for (const [i, name] of names.entries()) {
    const [kind, rest] = split(name);
    if (kind === "cpu")
      plans.push({name: names.length === 1 ? "cpu" : `cpu${i}`, threads: threadsOf(name, rest) ?? threads, cuda: null});
    else if (kind === "cuda")
      try {
        plans.push(...cudaPlans(name, numberOf(name, rest), cudaDevices().length));
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        refused.push(error);
      }
    else unknown(name);
  }
  const twice = plans.find(({name}, i) => plans.findIndex((other) => other.name === name) !== i);
  if (twice)
    throw new UsageError("DEVICE_TWICE", `device ${twice.name} is named twice`, {hint: "a device holds one table"});
  return someOf(plans, refused);
}

/** All, or the one that is wanted. @throws UnavailableError DEVICE_UNAVAILABLE */
function cudaPlans(name: string, wanted: number | null, count: number): readonly DevicePlan[] {
  const planOf = (cuda: number): DevicePlan => ({name: `cuda${cuda}`, threads: 1, cuda});
  if (wanted === null) return Array.from({length: count}, (_, cuda) => planOf(cuda));
  if (wanted < count) return [planOf(wanted)];
  throw new UnavailableError("DEVICE_UNAVAILABLE", `device ${name}: there are ${count} CUDA devices, from cuda:0 on`, {
    hint: "qsdm mine --device list shows them",
  });
}

/**
 * Leaves out the CUDA devices that do not compute what the rules do.
 * @throws QsdmError of the last device when none can be used
 */
export async function checkDevices({plans, refused}: DevicePlans, open = openBackend): Promise<DevicePlans> {
  const good: DevicePlan[] = [];
  const bad: QsdmError[] = [];
  for (const plan of plans) {
    if (plan.cuda === null) good.push(plan);
    else
      try {
        const backend = await open("cuda", plan.cuda);
        try {
          checkBackend(backend);
          good.push(plan);
        } finally {
          backend.close?.();
        }
      } catch (cause) {
        bad.push(cause instanceof QsdmError ? cause : failed(plan, cause));
      }
  }
  return someOf(good, [...refused, ...bad]);
}

const failed = ({name}: DevicePlan, cause: unknown): UnavailableError =>
  new UnavailableError("DEVICE_UNAVAILABLE", `device ${name}: ${cause instanceof Error ? cause.message : cause}`, {
    hint: "nvidia-smi shows what the driver says of it",
    cause,
  });

function someOf(plans: readonly DevicePlan[], refused: readonly QsdmError[]): DevicePlans {
  if (plans.length === 0) throw refused.at(-1)!;
  return {plans, refused};
}

/** Starts the devices' threads; `backend` is the CPU's. */
export const openDevices = (plans: readonly DevicePlan[], backend: ComputeBackend): readonly Device[] =>
  plans.map(({name, threads, cuda}) =>
    cuda === null
      ? {name, backend: backend.name, solver: openSolver(backend, threads)}
      : {name, backend: "cuda", solver: new WorkerSolver({threads, backend: "cuda", device: cuda})},
  );

/** The backend's own threads where it has any, else a worker for each. */
export const openSolver = (backend: ComputeBackend, threads: number): Solver =>
  backend.openPool
    ? new PoolSolver(backend.openPool({...DEFAULT_POOL_LIMITS, threads}))
    : new WorkerSolver({threads: Math.min(threads, backend.mostThreads ?? threads), backend: backend.name});

function split(name: string): readonly [kind: string, rest: string | undefined] {
  const at = name.indexOf(":");
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
}

function threadsOf(name: string, rest: string | undefined): number | null {
  if (rest === undefined) return null;
  const threads = /^[1-9]\d{0,3}$/.test(rest) ? Number(rest) : Number.NaN;
  return threads <= MAX_THREADS ? threads : unknown(name);
}

function numberOf(name: string, rest: string | undefined): number | null {
  if (rest === undefined) return null;
  const number = /^(0|[1-9]\d{0,3})$/.test(rest) ? Number(rest) : Number.NaN;
  return number < MAX_DEVICES ? number : unknown(name);
}

function unknown(name: string): never {
  throw new UsageError("DEVICE_UNKNOWN", `there is no device ${name}`, {hint: HINT});
}
