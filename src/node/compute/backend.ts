/**
 * The one door to fast code. Every backend gives the same bytes as `cpu.ts`, which runs the rules' own code and is what
 * the others are tested against. Calls are batches: crossing into native code costs more than a hash.
 */
import {UnavailableError} from "../../errors.js";
import type {Dag} from "../ledger/mining/checkpoints.js";
import type {DagRun} from "../ledger/mining/dag.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import type {MixVersion, WalkStart} from "../ledger/mining/walk.js";
import type {MlDsa, MlDsaLevel, Workload} from "./ml-dsa.js";

export interface ComputeBackend {
  /** For `qsdm version` and logs; a thread opens the same backend by it. */
  readonly name: BackendName;
  /** SHA3-256 of each message. */
  sha3(messages: readonly Uint8Array[]): readonly Uint8Array[];
  /** Computes each run of table entries. */
  extendDags(runs: readonly DagRun[]): void;
  /** The mix digest of each walk over one table. */
  mixDigests(dag: Dag, starts: readonly WalkStart[], version: MixVersion): readonly Uint8Array[];
  /** Tries up to `attempts` nonces from `start`, in order. */
  solveSlice(job: SolveJob, start: Uint8Array, attempts: number): Slice;
  mlDsa(level: MlDsaLevel, workload?: Workload): Promise<MlDsa>;
}

/** Names of the backends that this program has, fastest first. */
export const BACKEND_NAMES = ["wasm", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** The named backend. @throws UnavailableError saying why it cannot be used here */
export async function openBackend(name: BackendName): Promise<ComputeBackend> {
  switch (name) {
    case "wasm":
      return (await import("./wasm.js")).createWasmBackend();
    case "cpu":
      return (await import("./cpu.js")).cpuBackend;
  }
}

/** The first backend that works on this machine. */
export async function loadBackend(): Promise<ComputeBackend> {
  try {
    return await openBackend("wasm");
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return openBackend("cpu");
  }
}
