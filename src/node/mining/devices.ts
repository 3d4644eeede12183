/** Devices by name: `cpu` with the threads of --threads, `cpu:N` with N of its own. */
import {UnavailableError, UsageError} from "../../errors.js";
import type {ComputeBackend} from "../compute/backend.js";
import {DEFAULT_POOL_LIMITS} from "../compute/pool.js";
import type {Device} from "./fleet.js";
import {PoolSolver} from "./pool-solver.js";
import type {Solver} from "./solver.js";
import {WorkerSolver} from "./worker-solver.js";

const MAX_THREADS = 1_024;

/** What a device is made of. */
export interface DevicePlan {
  readonly name: string;
  readonly threads: number;
}

/** Devices that can be opened, and those that cannot, with the reason. */
export interface DevicePlans {
  readonly plans: readonly DevicePlan[];
  readonly refused: readonly UnavailableError[];
}

/**
 * What `names` ask for.
 * @throws UsageError DEVICE_UNKNOWN; UnavailableError of the last device when none can be used
 */
export function planDevices(names: readonly string[], threads: number): DevicePlans {
  const plans: DevicePlan[] = [];
  const refused: UnavailableError[] = [];
  for (const [i, name] of names.entries()) {
    const [kind, rest] = split(name);
    if (kind === "cpu")
      plans.push({name: names.length === 1 ? "cpu" : `cpu${i}`, threads: threadsOf(name, rest) ?? threads});
    else if (kind === "cuda")
      refused.push(
        new UnavailableError("DEVICE_UNAVAILABLE", `device ${name}: this build has no CUDA kernels`, {
          hint: "use --device cpu",
        }),
      );
    else unknown(name);
  }
  if (plans.length === 0) throw refused.at(-1)!;
  return {plans, refused};
}

/** Starts the devices' threads. */
export const openDevices = (plans: readonly DevicePlan[], backend: ComputeBackend): readonly Device[] =>
  plans.map(({name, threads}) => ({name, backend: backend.name, solver: openSolver(backend, threads)}));

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

function unknown(name: string): never {
  throw new UsageError("DEVICE_UNKNOWN", `there is no device ${name}`, {
    hint: "devices are cpu, and cpu:N for N threads",
  });
}
