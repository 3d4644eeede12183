/**
 * Hashing, both walks and the search on a GPU through WebGPU: Dawn, in the npm package `webgpu`, and a shader that is text.
 * Tables are filled and checkpoints walked by the processor.
 */
import {concat} from "../../codecs/bytes.js";
import {sha3} from "../../codecs/hash.js";
import {UnavailableError} from "../../errors.js";
import {isTable} from "../ledger/mining/checkpoints.js";
import type {DagTable} from "../ledger/mining/dag.js";
import {advanceNonce, meetsTarget, powHash} from "../ledger/mining/pow.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import {mixDigest} from "../ledger/mining/walk.js";
import {type ComputeBackend, loadBackend} from "./backend.js";
import {cpuBackend} from "./cpu.js";
import {DeviceThread} from "./device/thread.js";
import {hashMessages} from "./gpujs/walks.js";
import {BLOCK_BYTES} from "./keccak.js";
import {HASH_BYTES, limitOf, packedStarts, slices} from "./native/forms.js";
import {checkDevice} from "./webgpu/check.js";

/** Value of `QSDM_WEBGPU` that takes a device which is the processor in disguise, as tests do. */
const SOFTWARE = "software";

/** @throws UnavailableError WEBGPU_UNAVAILABLE, DEVICE_FAILED, DEVICE_WRONG */
export async function createWebgpuBackend(): Promise<ComputeBackend> {
  const device = await DeviceThread.open("webgpu");
  const {detail, software} = device.engine;
  if (software && process.env.QSDM_WEBGPU !== SOFTWARE) {
    device.close();
    throw new UnavailableError(
      "WEBGPU_UNAVAILABLE",
      `backend webgpu: ${detail} is no GPU and slower than the processor`,
      {
        hint: `QSDM_WEBGPU=${SOFTWARE} takes it all the same`,
      },
    );
  }
  // Where one backend alone may compute, that is what the rules do themselves.
  const host = process.env.QSDM_COMPUTE ? cpuBackend : await loadBackend();
  const backend = webgpuBackendOn(device, host);
  checkDevice(backend);
  return backend;
}

function webgpuBackendOn(device: DeviceThread, host: ComputeBackend): ComputeBackend {
  const {detail, batch} = device.engine;
  let held: DagTable | null = null;
  /** Hands the table over unless the device has it: it is known by its memory, which nobody writes to once it is filled. */
  const hold = (table: DagTable): void => {
    if (held === table) return;
    held = null;
    device.call("table", table);
    held = table;
  };
  const hasher = {batch: HASHES, hash: (blocks: Uint8Array) => device.call("hash", blocks)};
  return {
    ...host,
    name: "webgpu",
    detail: `${detail}, ${batch} attempts at a time; tables by ${host.name}`,
    tables: host.name,
    sliceAttempts: batch,
    mostThreads: 1,
    openPool: null,
    sha3: (messages) => {
      const short = messages.filter(isShort);
      // A round trip to the device costs more than a thousand hashes.
      if (short.length < WORTHWHILE) return host.sha3(messages);
      const digests = hashMessages(hasher, short).values();
      return messages.map((message) => (isShort(message) ? digests.next().value! : sha3(message)));
    },
    mixDigests(dag, starts, version) {
      const flat = packedStarts(starts);
      if (!isTable(dag) || !flat || starts.length === 0) return host.mixDigests(dag, starts, version);
      hold(dag);
      const mixes = device.call("walk", {starts: flat, mix: version});
      return slices(mixes, starts.length);
    },
    solveSlice(job, start, attempts) {
      if (job.target <= 0n) return {solution: null, attempts};
      const {headerHash, batchRoot, table} = job;
      if (!isTable(table) || headerHash.length !== HASH_BYTES || batchRoot.length !== HASH_BYTES)
        return host.solveSlice(job, start, attempts);
      hold(table);
      return solve(device, job, {start, attempts});
    },
    close: () => device.close(),
  };
}

/** Messages from which on the device hashes, and how many at a time. */
const WORTHWHILE = 1_024;
const HASHES = 4_096;
const isShort = ({length}: Uint8Array): boolean => length < BLOCK_BYTES;

function solve(device: DeviceThread, job: SolveJob, {start, attempts}: {start: Uint8Array; attempts: number}): Slice {
  const {headerHash, batchRoot, target, table, mix} = job;
  const fixed = concat(headerHash, batchRoot);
  const found = device.call("search", {fixed, limit: limitOf(target), start, attempts, mix});
  if (found === null) return {solution: null, attempts};
  const nonce = advanceNonce(start, BigInt(found));
  // The device tells a number; the proof is made and checked here, so a device that errs costs a moment and no proof.
  const digest = mixDigest(table, {headerHash, nonce}, mix);
  if (!meetsTarget(powHash({headerHash, nonce, batchRoot, mixDigest: digest}), target))
    throw new UnavailableError("DEVICE_WRONG", "backend webgpu: the device found what is no solution", {
      hint: "use another backend",
    });
  return {solution: {nonce, mixDigest: digest}, attempts: found + 1};
}
