/**
 * Hashing in WebAssembly, two hashes at a time: about four times `cpu` on walks. The module is written by this program
 * itself when it is loaded, so there is no binary to ship or to trust.
 */
import {sha3} from "../../codecs/hash.js";
import {UnavailableError} from "../../errors.js";
import {type Dag, isCheckpoints, isTable} from "../ledger/mining/checkpoints.js";
import {advanceNonce, meetsTarget, powHash} from "../ledger/mining/pow.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import {type MixVersion, mixDigest, type WalkStart} from "../ledger/mining/walk.js";
import type {ComputeBackend} from "./backend.js";
import {cpuBackend} from "./cpu.js";
import {BLOCK_BYTES} from "./keccak.js";
import {createKernel, type Kernel, PLACE, putMessage} from "./wasm/kernel.js";
import {walkCheckpoints} from "./wasm/light-walks.js";
import {extendRuns} from "./wasm/runs.js";
import {walkTensor} from "./wasm/tensor-walks.js";
import {walkTable} from "./wasm/walks.js";

/** @throws UnavailableError WASM_UNAVAILABLE where the machine has no 128-bit vectors */
export function createWasmBackend(): ComputeBackend {
  const kernel = compile();
  return {
    ...cpuBackend,
    name: "wasm",
    detail: "WebAssembly, 2 hashes at a time",
    sha3: (messages) => messages.map((message) => hashOne(kernel, message)),
    extendDags: (runs) => extendRuns(kernel, runs),
    mixDigests: (dag, starts, version) => walk(kernel, dag, starts, version),
    solveSlice: (job, start, attempts) => solvePairs(kernel, job, {start, attempts}),
  };
}

function walk(kernel: Kernel, dag: Dag, starts: readonly WalkStart[], version: MixVersion): Uint8Array[] {
  if (!isTable(dag) && !isCheckpoints(dag)) return starts.map((start) => mixDigest(dag, start, version));
  if (version === 2) return walkTensor(kernel, dag, starts);
  if (isCheckpoints(dag)) return walkCheckpoints(kernel, dag, starts);
  const pairs = Array.from({length: Math.ceil(starts.length / 2)}, (_, i) => starts.slice(2 * i, 2 * i + 2));
  return pairs.flatMap((pair) => walkTable(kernel, dag, pair));
}

function compile(): Kernel {
  try {
    return createKernel();
  } catch (cause) {
    throw new UnavailableError("WASM_UNAVAILABLE", "backend wasm: this machine's WebAssembly has no 128-bit vectors", {
      hint: "use --backend cpu",
      cause,
    });
  }
}

function hashOne(kernel: Kernel, message: Uint8Array): Uint8Array {
  // A longer one is no job for a kernel of single blocks.
  if (message.length >= BLOCK_BYTES) return sha3(message);
  const [block] = PLACE.blocks;
  putMessage(kernel, 0, message);
  kernel.block(block, block);
  return kernel.bytes.slice(block, block + 32);
}

/** The rules' search, two nonces at a time. */
function solvePairs(kernel: Kernel, job: SolveJob, {start, attempts}: {start: Uint8Array; attempts: number}): Slice {
  const {headerHash, batchRoot, target, table, mix: version} = job;
  const hash = (message: Uint8Array): Uint8Array => hashOne(kernel, message);
  let nonce = start;
  for (let done = 0; done < attempts; ) {
    const second = advanceNonce(nonce, 1n);
    const starts: WalkStart[] = [{headerHash, nonce}];
    if (done + 1 < attempts) starts.push({headerHash, nonce: second});
    for (const [i, mix] of walk(kernel, table, starts, version).entries()) {
      done++;
      const tried = starts[i]!.nonce;
      if (meetsTarget(powHash({headerHash, nonce: tried, batchRoot, mixDigest: mix}, hash), target))
        return {solution: {nonce: tried, mixDigest: mix}, attempts: done};
    }
    nonce = advanceNonce(second, 1n);
  }
  return {solution: null, attempts};
}
