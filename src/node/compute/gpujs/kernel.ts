/** The SHA3-256 kernel, built by gpu.js for one of its modes. */
import {createRequire} from "node:module";
import {UnavailableError} from "../../../errors.js";
import {ROUND_CONSTANTS} from "../keccak.js";
import {BLOCK_LIMBS, kernelSource, NUMBER_BYTES, PARTS, RETURNED} from "./source.js";

/**
 * Modes of gpu.js that compute what the source says. headlessgl and the WebGL modes do not: they have no integers, and
 * do not compile one round of Keccak in minutes.
 */
export const GPUJS_MODES = ["webgpu", "webasm", "cpu"] as const;
export type GpujsMode = (typeof GPUJS_MODES)[number];

/** What a thread of the kernel returns, by part and message. */
type Output = readonly (readonly Float32Array[])[];

/** gpu.js, as far as it is used. It is an optional package, so its types may be missing. */
interface GpuJs {
  readonly GPU: new (settings: {
    mode: GpujsMode;
  }) => {
    createKernel(source: string, settings: object): (blocks: Float32Array) => Output | Promise<Output>;
  };
}

/** Hashes `batch` padded blocks of 136 bytes at a time: digests of 32 bytes, one after the other. */
export interface GpujsKernel {
  readonly batch: number;
  run(blocks: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Messages that one thread of the processor hashes at a time: 15 ms of walks in WebAssembly. */
export const THREAD_BATCH = 32;
/** Messages that a GPU hashes at a time. */
export const GPU_BATCH = 4_096;

const loadGpuJs = (): GpuJs => createRequire(import.meta.url)("gpu.js");

const DIGEST_BYTES = 32;
const LIMB_SHIFTS = [0n, 16n, 32n, 48n] as const;

/** @throws UnavailableError GPUJS_UNAVAILABLE when gpu.js is not installed or has no such mode here */
export function createGpujsKernel(mode: GpujsMode, batch: number, load = loadGpuJs): GpujsKernel {
  try {
    const {GPU} = load();
    const kernel = new GPU({mode}).createKernel(kernelSource(), {
      output: [batch, PARTS],
      constants: {rounds: ROUND_CONSTANTS.flatMap((word) => LIMB_SHIFTS.map((by) => Number((word >> by) & 0xffffn)))},
      precision: "single",
      strictIntegers: true,
      argumentTypes: {blocks: "Array"},
    });
    const numbers = new Float32Array(batch * BLOCK_LIMBS);
    return {
      batch,
      run(blocks) {
        // Little-endian, as every machine that V8 runs on.
        numbers.set(new Uint16Array(blocks.buffer, blocks.byteOffset, numbers.length));
        const output = kernel(numbers);
        return output instanceof Promise ? output.then((each) => digestsOf(each, batch)) : digestsOf(output, batch);
      },
    };
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
    const why = missing
      ? "the package gpu.js is not installed"
      : `gpu.js has no mode ${mode}: ${(cause as Error).message}`;
    throw new UnavailableError("GPUJS_UNAVAILABLE", `backend gpujs: ${why}`, {
      hint: missing ? "npm install --include=optional brings it" : "use another backend",
      cause,
    });
  }
}

function digestsOf(output: Output, batch: number): Uint8Array {
  const digests = new Uint8Array(batch * DIGEST_BYTES);
  for (const [part, messages] of output.entries())
    for (let i = 0; i < batch; i++)
      for (let n = 0; n < RETURNED; n++) {
        const number = messages[i]![n]!;
        const at = (part * RETURNED + n) * NUMBER_BYTES;
        for (let byte = 0; byte < NUMBER_BYTES && at + byte < DIGEST_BYTES; byte++)
          digests[i * DIGEST_BYTES + at + byte] = (number >>> (8 * byte)) & 0xff;
      }
  return digests;
}
