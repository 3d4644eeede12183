/** Whether this machine mines what the network accepts: each backend against the rules, then a search by every thread. */
import {equalBytes, hexOf} from "../../codecs/bytes.js";
import {UnavailableError} from "../../errors.js";
import type {ComputeBackend} from "../compute/backend.js";
import {buildDag} from "../ledger/mining/dag.js";
import {meetsTarget, powHash} from "../ledger/mining/pow.js";
import {targetOf} from "../ledger/mining/target.js";
import {mixDigest} from "../ledger/mining/walk.js";
import {checkBackend} from "./choose-backend.js";
import type {Solver} from "./solver.js";

const SEED = {epoch: 0n, workSetRoot: new Uint8Array(32), entries: 128};
const DIFFICULTY = 64n;

export interface SelfTestResult {
  readonly backend: string;
  readonly threads: number;
  readonly attempts: number;
  readonly elapsedMs: number;
  readonly nonce: string;
}

/**
 * Runs the test on `solver`, which keeps the test's table.
 * @throws UnavailableError SELF_TEST_FAILED: this machine must not mine
 */
export async function selfTest(
  {backend, solver, nowMs}: {backend: ComputeBackend; solver: Solver; nowMs(): number},
  signal: AbortSignal,
): Promise<SelfTestResult> {
  const startedAtMs = nowMs();
  checkBackend(backend);
  const plain = buildDag(SEED);
  const table = new Uint8Array(new SharedArrayBuffer(plain.length));
  table.set(plain);
  solver.useTable(table);
  const start = {headerHash: new Uint8Array(32), nonce: new Uint8Array(16)};
  const search = {
    headerHash: start.headerHash,
    batchRoot: new Uint8Array(32),
    target: targetOf(DIFFICULTY),
    mix: 1,
  } as const;
  const found = await solver.search(search, start.nonce, signal);
  signal.throwIfAborted();
  if (!found) fail("the search found nothing");
  // Verified by the rules' own code, whatever searched.
  const mix = mixDigest(table, {...start, nonce: found.nonce}, 1);
  if (!equalBytes(mix, found.mixDigest)) fail("a thread walks another way");
  if (!meetsTarget(powHash({...search, ...found}), search.target)) fail("a thread takes work that misses the target");
  return {
    backend: backend.name,
    threads: solver.threads,
    attempts: solver.attempts(),
    elapsedMs: nowMs() - startedAtMs,
    nonce: hexOf(found.nonce),
  };
}

function fail(why: string): never {
  throw new UnavailableError("SELF_TEST_FAILED", `self-test failed: ${why}`, {
    hint: "do not mine on this machine: its proofs would be refused",
  });
}
