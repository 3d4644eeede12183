/** The search for a nonce, in slices, so that whoever drives it can stop, count and share the work. */
import {RuleError} from "../../../errors.js";
import type {Dag} from "./checkpoints.js";
import {advanceNonce, meetsTarget, powHash} from "./pow.js";
import {type MixVersion, mixDigest} from "./walk.js";

/** One search. */
export interface SolveJob {
  readonly headerHash: Uint8Array;
  readonly batchRoot: Uint8Array;
  readonly target: bigint;
  /** A search over checkpoints costs a hundred times one over the table, but for who builds the table elsewhere. */
  readonly table: Dag;
  readonly mix: MixVersion;
}

export interface Solution {
  readonly nonce: Uint8Array;
  readonly mixDigest: Uint8Array;
}

/** What a slice of a search came to. `attempts` counts the successful one. */
export interface Slice {
  readonly solution: Solution | null;
  readonly attempts: number;
}

/** What the reference's solver refuses to start with, in its order. @throws RuleError SOLVER_INVALID */
export function checkSolver(given: {
  minerAddr: string;
  batchCount: number;
  target: bigint | null;
  entries: number;
}): void {
  const refuse = (what: string): never => {
    throw new RuleError("SOLVER_INVALID", `mining: solver requires ${what}`);
  };
  if (given.minerAddr === "") refuse("MinerAddr");
  if (given.batchCount < 1) refuse("BatchCount >= 1");
  if (given.target === null || given.target <= 0n) refuse("positive Target");
  if (given.entries < 2) refuse("a DAG with N >= 2");
}

/** Tries up to `attempts` nonces from `start`, in order. */
export function solveSlice(job: SolveJob, start: Uint8Array, attempts: number): Slice {
  let nonce = start;
  for (let done = 1; done <= attempts; done++) {
    const digest = mixDigest(job.table, {headerHash: job.headerHash, nonce}, job.mix);
    const {headerHash, batchRoot} = job;
    if (meetsTarget(powHash({headerHash, nonce, batchRoot, mixDigest: digest}), job.target))
      return {solution: {nonce, mixDigest: digest}, attempts: done};
    nonce = advanceNonce(nonce, 1n);
  }
  return {solution: null, attempts};
}
