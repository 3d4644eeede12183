/** Hashing in native code: as many hashes side by side as the machine's vectors hold. */
import {concat} from "../../codecs/bytes.js";
import {isCheckpoints} from "../ledger/mining/checkpoints.js";
import {ENTRY_BYTES} from "../ledger/mining/dag.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import type {ComputeBackend} from "./backend.js";
import {cpuBackend} from "./cpu.js";
import {type Addon, bestPath, loadAddon, SPONGE} from "./native/addon.js";
import {nativeField} from "./native/field.js";
import {dagArguments, fits, HASH_BYTES, limitOf, NONCE_BYTES, packed, packedStarts, slices} from "./native/forms.js";
import {NativePool} from "./native/pool.js";
import {NativeTable, whole} from "./native/table.js";

/** @throws UnavailableError NATIVE_UNAVAILABLE */
export function createNativeBackend(): ComputeBackend {
  const addon = loadAddon();
  return nativeBackendOn(addon, bestPath(addon));
}

/** The backend on one of the addon's paths, which this machine has to be able to run. */
export function nativeBackendOn(addon: Addon, path: number): ComputeBackend {
  const {name, lanes} = addon.paths[path]!;
  return {
    ...cpuBackend,
    name: "native",
    detail: `${name}, ${lanes} ${lanes === 1 ? "hash" : "hashes"} at a time; walks tables in mapped files`,
    // Half a millisecond of the plain walk and 2.5 of the tensor walk, with eight lanes.
    sliceAttempts: 32 * lanes,
    sha3: (messages) => hashAll(addon, path, messages),
    sha3Packed: (messages, ends, digests) => addon.hash(path, SPONGE.sha3_256, messages, ends, digests),
    extendDags: (runs) =>
      addon.extend(
        path,
        runs.map(({previous}) => previous),
        runs.map(({into}) => into),
        Uint32Array.from(runs, ({index}) => index),
      ),
    mixDigests(dag, starts, version) {
      const flat = packedStarts(starts);
      const walked = dagArguments(dag);
      if (!flat || !walked) return cpuBackend.mixDigests(dag, starts, version);
      const mixes = new Uint8Array(starts.length * HASH_BYTES);
      whole(() => addon.walk(path, ...walked, version, flat, mixes));
      return slices(mixes, starts.length);
    },
    mapTable: (place) => new NativeTable(addon, place),
    prepareTable: (memory) => void addon.preferLargePages(memory),
    solveSlice: (job, start, attempts) => solve(addon, path, {job, start, attempts}),
    field: nativeField(addon, path),
    openPool: (options) => new NativePool(addon, path, options),
  };
}

function hashAll(addon: Addon, path: number, messages: readonly Uint8Array[]): readonly Uint8Array[] {
  if (!fits(messages)) return cpuBackend.sha3(messages);
  const {bytes, ends} = packed(messages);
  const digests = new Uint8Array(messages.length * HASH_BYTES);
  addon.hash(path, SPONGE.sha3_256, bytes, ends, digests);
  return slices(digests, messages.length);
}

function solve(
  addon: Addon,
  path: number,
  {job, start, attempts}: {job: SolveJob; start: Uint8Array; attempts: number},
): Slice {
  const {headerHash, batchRoot, target, table, mix} = job;
  const walked = isCheckpoints(table) ? null : dagArguments(table);
  if (headerHash.length !== HASH_BYTES || batchRoot.length !== HASH_BYTES || !walked)
    return cpuBackend.solveSlice(job, start, attempts);
  if (target <= 0n) return {solution: null, attempts};
  const found = new Uint8Array(NONCE_BYTES + ENTRY_BYTES);
  const fixed = concat(headerHash, batchRoot);
  const limit = limitOf(target);
  const took = whole(() => addon.search(path, ...walked, mix, fixed, limit, start, attempts, found));
  if (took === 0) return {solution: null, attempts};
  return {solution: {nonce: found.slice(0, NONCE_BYTES), mixDigest: found.slice(NONCE_BYTES)}, attempts: took};
}
