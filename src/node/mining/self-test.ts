/** Whether this machine mines what the network accepts: recorded digests, then a search whose work is verified. */
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import {UnavailableError} from "../../errors.js";
import type {ComputeBackend} from "../compute/backend.js";
import {ENTRY_BYTES, firstEntry} from "../ledger/mining/dag.js";
import {meetsTarget, powHash} from "../ledger/mining/pow.js";
import {targetOf} from "../ledger/mining/target.js";
import {mixDigest} from "../ledger/mining/walk.js";
import type {Solver} from "./solver.js";

/** Header bytes 00 to 1f and nonce bytes a0 to af over the 64 entries of epoch 0 and a zero root: QSDM's own constant. */
const KNOWN = {
  headerHash: Uint8Array.from({length: 32}, (_, i) => i),
  nonce: Uint8Array.from({length: 16}, (_, i) => 0xa0 + i),
  tensorMix: bytesOfHex("ef9319a6134aeb9b77f315427ec81cdbc40a03c60414284864a3e9bbd68153f4"),
} as const;
const KNOWN_ENTRIES = 64;
const ENTRIES = 128;
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
  const {headerHash, nonce, tensorMix} = KNOWN;
  if (!equalBytes(backend.mixDigests(tableOf(backend, KNOWN_ENTRIES), [{headerHash, nonce}], 2)[0]!, tensorMix))
    fail("the tensor walk does not give the recorded digest");

  const table = tableOf(backend, ENTRIES);
  solver.useTable(table);
  const search = {headerHash, batchRoot: new Uint8Array(32), target: targetOf(DIFFICULTY), mix: 1} as const;
  const found = await solver.search(search, nonce, signal);
  signal.throwIfAborted();
  if (!found) fail("the search found nothing");
  // Verified by the rules' own code, whatever searched.
  if (!equalBytes(mixDigest(table, {headerHash, nonce: found.nonce}, 1), found.mixDigest))
    fail("a thread walks another way");
  if (!meetsTarget(powHash({...search, ...found}), search.target)) fail("a thread takes work that misses the target");
  return {
    backend: backend.name,
    threads: solver.threads,
    attempts: solver.attempts(),
    elapsedMs: nowMs() - startedAtMs,
    nonce: hexOf(found.nonce),
  };
}

function tableOf(backend: ComputeBackend, entries: number): Uint8Array<SharedArrayBuffer> {
  const table = new Uint8Array(new SharedArrayBuffer(entries * ENTRY_BYTES));
  const previous = firstEntry({epoch: 0n, workSetRoot: new Uint8Array(32)});
  table.set(previous);
  backend.extendDags([{previous, index: 1, into: table.subarray(ENTRY_BYTES)}]);
  return table;
}

function fail(why: string): never {
  throw new UnavailableError("SELF_TEST_FAILED", `self-test failed: ${why}`, {
    hint: "do not mine on this machine: its proofs would be refused",
  });
}
