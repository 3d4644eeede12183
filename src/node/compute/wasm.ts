/**
 * Hashing in WebAssembly, two hashes at a time: about four times `cpu` on walks. The module is written by this program
 * itself when it is loaded, so there is no binary to ship or to trust. The tensor walk is the rules' own.
 */
import {sha3} from "../../codecs/hash.js";
import {UnavailableError} from "../../errors.js";
import {isTable} from "../ledger/mining/checkpoints.js";
import type {DagTable} from "../ledger/mining/dag.js";
import {advanceNonce, meetsTarget, powHash} from "../ledger/mining/pow.js";
import type {Slice, SolveJob} from "../ledger/mining/solve.js";
import {mixDigest, type WalkStart} from "../ledger/mining/walk.js";
import type {ComputeBackend} from "./backend.js";
import {cpuBackend} from "./cpu.js";
import {BLOCK_BYTES} from "./keccak.js";
import {createKernel, type Kernel, PLACE, putMessage} from "./wasm/kernel.js";
import {walkCheckpoints} from "./wasm/light-walks.js";
import {extendRuns} from "./wasm/runs.js";
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
    mixDigests(dag, starts, version) {
      if (version === 2) return starts.map((start) => mixDigest(dag, start, version));
      if (!isTable(dag)) return walkCheckpoints(kernel, dag, starts);
      const pairs = Array.from({length: Math.ceil(starts.length / 2)}, (_, i) => starts.slice(2 * i, 2 * i + 2));
      return pairs.flatMap((pair) => walkTable(kernel, dag, pair));
    },
    solveSlice: (job, start, attempts) =>
      job.mix === 1 && isTable(job.table)
        ? solvePairs(kernel, {...job, table: job.table}, {start, attempts})
        : cpuBackend.solveSlice(job, start, attempts),
  };
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
function solvePairs(
  kernel: Kernel,
  job: SolveJob & {table: DagTable},
  {start, attempts}: {start: Uint8Array; attempts: number},
): Slice {
  const {headerHash, batchRoot, target, table} = job;
  const hash = (message: Uint8Array): Uint8Array => hashOne(kernel, message);
  let nonce = start;
  for (let done = 0; done < attempts; ) {
    const second = advanceNonce(nonce, 1n);
    const starts: WalkStart[] = [{headerHash, nonce}];
    if (done + 1 < attempts) starts.push({headerHash, nonce: second});
    for (const [i, mix] of walkTable(kernel, table, starts).entries()) {
      done++;
      const tried = starts[i]!.nonce;
      if (meetsTarget(powHash({headerHash, nonce: tried, batchRoot, mixDigest: mix}, hash), target))
        return {solution: {nonce: tried, mixDigest: mix}, attempts: done};
    }
    nonce = advanceNonce(second, 1n);
  }
  return {solution: null, attempts};
}
