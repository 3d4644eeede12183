/**
 * The one door to fast code. Every backend gives the same bytes as `cpu.ts`, which runs the rules' own code and is what
 * the others are tested against. Calls are batches: crossing into native code costs more than a hash.
 */
import {InvariantError, UnavailableError, UsageError} from "../../errors.js";
import type {Dag} from "../ledger/mining/checkpoints.js";
import type {DagRun} from "../ledger/mining/dag.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import type {MixVersion, WalkStart} from "../ledger/mining/walk.js";
import {type HashAll, hashEach} from "../ledger/state/hashing.js";
import type {FieldBatches} from "./field.js";
import type {MappedTable, TablePlace} from "./mapped-table.js";
import type {MlDsa, MlDsaLevel, Workload} from "./ml-dsa.js";
import type {Pedersen} from "./pedersen.js";
import type {ComputePool, PoolOptions} from "./pool.js";

export interface ComputeBackend {
  /** For `qsdm version` and logs; a thread opens the same backend by it. */
  readonly name: BackendName;
  /** What it runs on, for people. */
  readonly detail: string;
  /** Attempts of a search that take about a millisecond: how often a thread should look whether it is still wanted. */
  readonly sliceAttempts: number;
  /** SHA3-256 of each message. */
  sha3(messages: readonly Uint8Array[]): readonly Uint8Array[];
  /** The same of messages that lie one after the other, as the state tree asks; missing where it would gain nothing. */
  readonly sha3Packed?: HashAll;
  /** Computes each run of table entries. */
  extendDags(runs: readonly DagRun[]): void;
  /** The mix digest of each walk over one table. */
  mixDigests(dag: Dag, starts: readonly WalkStart[], version: MixVersion): readonly Uint8Array[];
  /** Maps a table's file; missing where there is no way. @throws UnavailableError TABLE_UNMAPPED */
  mapTable?(place: TablePlace): MappedTable;
  /** To be called on the memory of a table before it is filled: what makes its reads quicker, where there is a way. */
  prepareTable(memory: Uint8Array): void;
  /** Tries up to `attempts` nonces from `start`, in order. */
  solveSlice(job: SolveJob, start: Uint8Array, attempts: number): Slice;
  mlDsa(level: MlDsaLevel, workload?: Workload): Promise<MlDsa>;
  /** Arithmetic on many shared secrets. */
  readonly field: FieldBatches;
  /** Commitments to many values. */
  pedersen(): Promise<Pedersen>;
  /** Starts threads of the backend's own; null where it computes on the caller's. @throws UnavailableError */
  readonly openPool: ((options: PoolOptions) => ComputePool) | null;
  /** The backend that fills tables for this one, where another one does. */
  readonly tables?: BackendName;
  /** Threads that may search by it, where more of them gain nothing: a device serves one as well as many. */
  readonly mostThreads?: number;
  /** Lets go of a device, for those that hold one: a thread has to before it ends. */
  close?(): void;
  /** The same without what it leaves to another backend because it is small; for checking it. */
  readonly bare?: ComputeBackend;
}

/** Names of the backends that are chosen from where nobody has named one, in the order in which a node takes them. */
export const BACKEND_NAMES = ["native", "wasm", "cpu", "webgpu", "gpujs"] as const;
/** A device is used where it is asked for. */
export const ALL_BACKEND_NAMES = [...BACKEND_NAMES, "cuda"] as const;
export type BackendName = (typeof ALL_BACKEND_NAMES)[number];

/**
 * The named backend.
 * @param device number of the device, for those that have several
 * @throws UnavailableError saying why it cannot be used here
 */
export async function openBackend(name: BackendName, device = 0): Promise<ComputeBackend> {
  switch (name) {
    case "cuda":
      return (await import("./cuda.js")).createCudaBackend(device, await loadBackend(BACKEND_NAMES));
    case "native":
      return (await import("./native.js")).createNativeBackend();
    case "wasm":
      return (await import("./wasm.js")).createWasmBackend();
    case "cpu":
      return (await import("./cpu.js")).cpuBackend;
    case "webgpu":
      return (await import("./webgpu.js")).createWebgpuBackend();
    case "gpujs":
      return (await import("./gpujs.js")).createGpujsBackend();
  }
}

/**
 * Backends to choose from where nobody has named one: all, or the one that `QSDM_COMPUTE` allows.
 * @throws UsageError COMPUTE_UNKNOWN
 */
export function allowedBackends(allowed = process.env.QSDM_COMPUTE): readonly BackendName[] {
  if (!allowed || allowed === "auto") return BACKEND_NAMES;
  const name = BACKEND_NAMES.find((each) => each === allowed);
  if (name) return [name];
  throw new UsageError("COMPUTE_UNKNOWN", `QSDM_COMPUTE names no backend: ${allowed}`, {
    hint: `use ${["auto", ...BACKEND_NAMES].join(", ")}`,
  });
}

/** The first of the allowed backends that works on this machine. @throws UnavailableError when none does */
export async function loadBackend(names = allowedBackends()): Promise<ComputeBackend> {
  let refused: UnavailableError | undefined;
  for (const name of names)
    try {
      return await openBackend(name);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      refused = error;
    }
  throw refused ?? new InvariantError("no backend is allowed");
}

/** How that backend hashes many messages at once. @throws UnavailableError as `loadBackend` */
export async function loadHashAll(): Promise<HashAll> {
  return (await loadBackend()).sha3Packed ?? hashEach;
}

/** One backend, as `qsdm version --json` shows it. */
export interface Capability {
  readonly backend: BackendName;
  readonly usable: boolean;
  /** What it runs on, or why it cannot be used. */
  readonly detail: string;
}

/** What each backend runs on here, or why it does not, in the order in which a node takes them. */
export async function capabilities(): Promise<readonly Capability[]> {
  return [await cudaCapability(), ...(await Promise.all(BACKEND_NAMES.map(capabilityOf)))];
}

/** Every device, or why there is none. */
async function cudaCapability(): Promise<Capability> {
  const {describeDevice, loadCuda, NOT_YET_RUN} = await import("./native/cuda-library.js");
  const shown = (usable: boolean, what: string): Capability => ({
    backend: "cuda",
    usable,
    detail: `${what}; ${NOT_YET_RUN}`,
  });
  try {
    return shown(true, loadCuda().devices.map(describeDevice).join("; "));
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return shown(false, error.message);
  }
}

async function capabilityOf(backend: BackendName): Promise<Capability> {
  if (!allowedBackends().includes(backend)) return {backend, usable: false, detail: "turned off by QSDM_COMPUTE"};
  try {
    return {backend, usable: true, detail: (await openBackend(backend)).detail};
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return {backend, usable: false, detail: error.message};
  }
}
