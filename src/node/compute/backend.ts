/**
 * The one door to fast code. Every backend gives the same bytes as `cpu.ts`, which runs the rules' own code and is what
 * the others are tested against. Calls are batches: crossing into native code costs more than a hash.
 */
import type {DagSeed, DagTable} from "../ledger/mining/dag.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import type {MixVersion} from "../ledger/mining/walk.js";
import type {MlDsa, MlDsaLevel, Workload} from "./ml-dsa.js";

export interface ComputeBackend {
  /** For `qsdm version` and logs. */
  readonly name: string;
  /** SHA3-256 of each message. */
  sha3(messages: readonly Uint8Array[]): readonly Uint8Array[];
  /**
   * Builds a table in `table`, `stepEntries` entries for each `next()`, which yields how many are done.
   * @throws RuleError DAG_SIZE
   */
  dagSteps(seed: DagSeed, table: Uint8Array, stepEntries: number): Generator<number, DagTable>;
  mixDigest(table: DagTable, headerHash: Uint8Array, nonce: Uint8Array, version: MixVersion): Uint8Array;
  /** Tries up to `attempts` nonces from `start`, in order. */
  solveSlice(job: SolveJob, start: Uint8Array, attempts: number): Slice;
  mlDsa(level: MlDsaLevel, workload?: Workload): Promise<MlDsa>;
}

/** The best backend that works on this machine. */
export async function loadBackend(): Promise<ComputeBackend> {
  return (await import("./cpu.js")).cpuBackend;
}
