/**
 * Walks by what reaches GPUs from JavaScript: the shader in WGSL, and gpu.js in its modes, over a table of 32 MiB. On a
 * machine without a GPU the two of WebGPU run on SwiftShader or lavapipe, if anything, and then show nothing but each
 * other's worth.
 */
import {randomBytes} from "node:crypto";
import {equalBytes} from "../../../src/codecs/bytes.js";
import {UnavailableError} from "../../../src/errors.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {createGpujsBackend} from "../../../src/node/compute/gpujs.js";
import {createWebgpuBackend} from "../../../src/node/compute/webgpu.js";
import {best, type Print, ratio} from "./rounds.js";

const TABLE_BYTES = 2 ** 25;
const CPU_WALKS = 16;

const OPENERS: Readonly<Record<string, () => Promise<ComputeBackend>>> = {
  webgpu: createWebgpuBackend,
  "gpujs webgpu": () => createGpujsBackend("webgpu"),
  "gpujs webasm": () => createGpujsBackend("webasm"),
  "gpujs cpu": () => createGpujsBackend("cpu"),
};

export async function benchGpu(print: Print): Promise<void> {
  process.env.QSDM_WEBGPU ??= "software";
  const backends = new Map<string, ComputeBackend>();
  print("Walks by WGSL and by gpu.js, table of 32 MiB (no goal: compatibility)");
  for (const [name, open] of Object.entries(OPENERS))
    try {
      const backend = await open();
      backends.set(name, backend);
      print(`  ${name}: ${backend.detail}`);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      print(`  ${name}: ${error.message}: its row is missing`);
    }
  const table = new Uint8Array(randomBytes(TABLE_BYTES));
  for (const mix of [1, 2] as const) {
    const job = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target: 1n, table, mix};
    // gpu.js leaves the tensor mix to the rules.
    const measured = [...backends].filter(([name]) => mix === 1 || name === "webgpu");
    const starts = [{headerHash: job.headerHash, nonce: new Uint8Array(16)}];
    const right = cpuBackend.mixDigests(table, starts, mix)[0]!;
    for (const [name, backend] of measured)
      if (!equalBytes(backend.mixDigests(table, starts, mix)[0]!, right)) print(`WRONG DIGESTS from ${name}`);
    const search = (backend: ComputeBackend, attempts: number) => () =>
      backend.solveSlice(job, new Uint8Array(randomBytes(16)), attempts);
    const took = best<string>({
      cpu: search(cpuBackend, CPU_WALKS),
      ...Object.fromEntries(measured.map(([name, backend]) => [name, search(backend, backend.sliceAttempts)])),
    });
    const cpu = took.cpu! / CPU_WALKS;
    print(`  mix ${mix}: cpu, the rules over node:crypto, ${(1e3 / cpu).toFixed(0)}/s`);
    for (const [name, {sliceAttempts}] of measured) {
      const each = took[name]! / sliceAttempts;
      const other = mix === 1 && name === "webgpu" ? took["gpujs webgpu"] : undefined;
      const perOther = other && other / backends.get("gpujs webgpu")!.sliceAttempts;
      print(
        `  mix ${mix}: ${name} ${(1e3 / each).toFixed(0)}/s: ratio to cpu ${ratio(cpu, each)}` +
          (perOther ? `, gpu.js on the same device ${ratio(perOther, each)}` : ""),
      );
    }
  }
  for (const backend of backends.values()) backend.close?.();
}
