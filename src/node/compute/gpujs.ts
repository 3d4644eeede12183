/**
 * Hashing and the plain walk by gpu.js, in whichever of its modes holds here. It is the way to a GPU that needs nothing but
 * npm packages, and never the fastest one. Tables and the tensor walk are the rules' own.
 */
import {concat, equalBytes} from "../../codecs/bytes.js";
import {sha3} from "../../codecs/hash.js";
import {InvariantError, UnavailableError, UsageError} from "../../errors.js";
import {advanceNonce, meetsTarget} from "../ledger/mining/pow.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import type {ComputeBackend} from "./backend.js";
import {cpuBackend} from "./cpu.js";
import {DeviceThread} from "./device/thread.js";
import {createGpujsKernel, GPUJS_MODES, type GpujsMode, THREAD_BATCH} from "./gpujs/kernel.js";
import {type BlockHasher, hashMessages, walkInBatches} from "./gpujs/walks.js";
import {BLOCK_BYTES} from "./keccak.js";

/** Where a mode is named, for when one is suspected. */
const wanted = (): string | undefined => process.env.QSDM_GPUJS;

/**
 * gpu.js in `mode`, or in the first that holds: on a GPU, in WebAssembly, in JavaScript.
 * @throws UnavailableError GPUJS_UNAVAILABLE, GPUJS_WRONG, WEBGPU_UNAVAILABLE, DEVICE_FAILED; UsageError GPUJS_MODE
 */
export async function createGpujsBackend(mode = wanted()): Promise<ComputeBackend> {
  if (mode) return openMode(checkMode(mode));
  let refused: unknown;
  for (const each of GPUJS_MODES)
    try {
      return await openMode(each, {hardware: true});
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      refused = error;
    }
  throw refused;
}

/** @throws UsageError GPUJS_MODE */
function checkMode(name: string): GpujsMode {
  const mode = GPUJS_MODES.find((each) => each === name);
  if (mode) return mode;
  const why = /gl/.test(name) ? "computes no Keccak: it has no integers" : "is none that this program uses";
  throw new UsageError("GPUJS_MODE", `gpu.js: mode ${name} ${why}`, {hint: `use ${GPUJS_MODES.join(", ")}`});
}

async function openMode(mode: GpujsMode, {hardware = false} = {}): Promise<ComputeBackend> {
  const {hasher, on, ...device} = mode === "webgpu" ? await onDevice(hardware) : here(mode);
  checkHasher(hasher, mode);
  return {
    ...cpuBackend,
    ...device,
    name: "gpujs",
    detail: `gpu.js in mode ${mode}${on}, 16-bit limbs; tables and the tensor walk by the rules' own code`,
    sliceAttempts: hasher.batch,
    sha3: (messages) => {
      // A longer one is no job for a kernel of single blocks.
      const digests = hashMessages(hasher, messages.filter(isShort)).values();
      return messages.map((message) => (isShort(message) ? digests.next().value! : sha3(message)));
    },
    mixDigests: (dag, starts, version) =>
      version === 2 ? cpuBackend.mixDigests(dag, starts, version) : walkInBatches(hasher, dag, starts),
    solveSlice: (job, start, attempts) =>
      job.mix === 2 ? cpuBackend.solveSlice(job, start, attempts) : solve(hasher, job, {start, attempts}),
  };
}

const isShort = ({length}: Uint8Array): boolean => length < BLOCK_BYTES;

interface Opened {
  readonly hasher: BlockHasher;
  readonly on: string;
  readonly close?: () => void;
}

/** A GPU is waited for by a thread of its own. @param hardware refuses a device that is the processor in disguise */
async function onDevice(hardware: boolean): Promise<Opened> {
  const device = await DeviceThread.open("gpujs");
  const {detail, software, batch} = device.engine;
  if (hardware && software) throw new UnavailableError("GPUJS_UNAVAILABLE", `backend gpujs: ${detail} is no GPU`);
  const hasher = {batch, hash: (blocks: Uint8Array) => device.call("hash", blocks)};
  return {hasher, on: ` on ${detail}`, close: () => device.close()};
}

function here(mode: "webasm" | "cpu"): Opened {
  const {batch, run} = createGpujsKernel(mode, THREAD_BATCH);
  const hash = (blocks: Uint8Array): Uint8Array => {
    const digests = run(blocks);
    if (digests instanceof Promise) throw new InvariantError(`gpu.js answers with a promise in mode ${mode}`);
    return digests;
  };
  return {hasher: {batch, hash}, on: ""};
}

/** Whether the whole batch is hashed as the rules hash. @throws UnavailableError GPUJS_WRONG */
export function checkHasher(hasher: BlockHasher, mode: GpujsMode): void {
  const messages = Array.from({length: hasher.batch}, (_, i) => new Uint8Array(i % BLOCK_BYTES).fill(i ^ 0xff));
  const digests = hashMessages(hasher, messages);
  if (!messages.every((message, i) => equalBytes(sha3(message), digests[i]!)))
    throw new UnavailableError("GPUJS_WRONG", `backend gpujs: mode ${mode} computes other digests than the rules`, {
      hint: "use another backend",
    });
}

/** The rules' search, a batch of nonces at a time. */
function solve(hasher: BlockHasher, job: SolveJob, {start, attempts}: {start: Uint8Array; attempts: number}): Slice {
  const {headerHash, batchRoot, target, table} = job;
  for (let done = 0; done < attempts; done += hasher.batch) {
    const count = Math.min(hasher.batch, attempts - done);
    const starts = Array.from({length: count}, (_, i) => ({headerHash, nonce: advanceNonce(start, BigInt(done + i))}));
    const mixes = walkInBatches(hasher, table, starts);
    const messages = starts.map(({nonce}, i) => concat(headerHash, nonce, batchRoot, mixes[i]!));
    const found = hashMessages(hasher, messages).findIndex((hash) => meetsTarget(hash, target));
    if (found >= 0)
      return {solution: {nonce: starts[found]!.nonce, mixDigest: mixes[found]!}, attempts: done + found + 1};
  }
  return {solution: null, attempts};
}
