import {createHash} from "node:crypto";
import fc from "fast-check";
import {describe, expect, onTestFinished, test, vi} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {UnavailableError} from "../../../src/errors.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {createGpujsKernel, THREAD_BATCH} from "../../../src/node/compute/gpujs/kernel.js";
import {checkHasher, createGpujsBackend} from "../../../src/node/compute/gpujs.js";
import {buildDag} from "../../../src/node/ledger/mining/dag.js";
import {targetOf} from "../../../src/node/ledger/mining/target.js";
import {hasGpujs} from "../../support/native.js";
import {lacking} from "../../support/tools.js";
import {checkpointsOf} from "./checkpoints-of.js";

const bytes = (size: number) => fc.uint8Array({minLength: size, maxLength: size});
const start = fc.record({headerHash: bytes(32), nonce: bytes(16)});
const table = buildDag({epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 1_500});

/** What the rules and OpenSSL give, `backend` gives. */
function compare(backend: ComputeBackend, numRuns: number): void {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({maxLength: 200}), {maxLength: 2 * THREAD_BATCH}), (messages) => {
      const expected = messages.map((message) => createHash("sha3-256").update(message).digest("hex"));
      expect(backend.sha3(messages).map(hexOf)).toEqual(expected);
    }),
    {numRuns},
  );
  fc.assert(
    fc.property(fc.array(start, {maxLength: 3}), fc.constantFrom(1, 7, 256), (starts, interval) => {
      const expected = cpuBackend.mixDigests(table, starts, 1);
      expect(backend.mixDigests(table, starts, 1)).toEqual(expected);
      expect(backend.mixDigests(checkpointsOf(table, interval), starts, 1)).toEqual(expected);
    }),
    {numRuns},
  );
  fc.assert(
    fc.property(bytes(16), fc.integer({min: 1, max: 9}), fc.constantFrom(1, 2), (nonce, attempts, mix) => {
      const fixed = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32)};
      const job = {...fixed, target: targetOf(6n), table, mix: mix as 1 | 2};
      expect(backend.solveSlice(job, nonce, attempts)).toEqual(cpuBackend.solveSlice(job, nonce, attempts));
    }),
    {numRuns},
  );
}

describe.skipIf(!hasGpujs)("gpu.js", () => {
  test.each(["webasm", "cpu"])("in mode %s gives what the rules give", async (mode) => {
    const backend = await createGpujsBackend(mode);
    expect(backend).toMatchObject({name: "gpujs", detail: expect.stringContaining(`mode ${mode}`)});
    compare(backend, 4);
  });

  test("in mode webgpu gives what the rules give", async (context) => {
    const backend = await createGpujsBackend("webgpu").catch((error) => {
      if (error instanceof UnavailableError) lacking(context, `a WebGPU adapter (${error.message})`);
      throw error;
    });
    compare(backend, 1);
  });

  test("takes the mode that QSDM_GPUJS names", async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("QSDM_GPUJS", "cpu");
    expect((await createGpujsBackend()).detail).toContain("mode cpu");
  });
});

test.each([
  ["headlessgl", "computes no Keccak"],
  ["webgl2", "computes no Keccak"],
  ["abacus", "is none that this program uses"],
])("the mode %s is refused", async (mode, why) => {
  await expect(createGpujsBackend(mode)).rejects.toMatchObject({
    code: "GPUJS_MODE",
    exitCode: 2,
    message: expect.stringContaining(why),
    hint: "use webgpu, webasm, cpu",
  });
});

test("without the package there is a reason, and a way to have it", () => {
  const load = (): never => {
    throw Object.assign(new Error("Cannot find module 'gpu.js'"), {code: "MODULE_NOT_FOUND"});
  };
  expect(() => createGpujsKernel("cpu", 4, load)).toThrow(
    expect.objectContaining({
      code: "GPUJS_UNAVAILABLE",
      message: "backend gpujs: the package gpu.js is not installed",
      hint: "npm install --include=optional brings it",
    }),
  );
});

test("a mode that gpu.js does not have here is refused with its reason", () => {
  class GPU {
    createKernel(): never {
      throw new Error("not supported");
    }
  }
  expect(() => createGpujsKernel("webasm", 4, () => ({GPU}))).toThrow(
    expect.objectContaining({
      code: "GPUJS_UNAVAILABLE",
      message: "backend gpujs: gpu.js has no mode webasm: not supported",
    }),
  );
});

test("one wrong bit in one digest of a batch is enough to be refused", () => {
  const hash = (blocks: Uint8Array): Uint8Array => {
    const messages = Array.from({length: 8}, (_, i) => blocks.subarray(i * 136, i * 136 + i));
    const digests = Buffer.concat(messages.map((message) => createHash("sha3-256").update(message).digest()));
    return digests;
  };
  expect(() => checkHasher({batch: 8, hash}, "cpu")).not.toThrow();
  const wrong = (blocks: Uint8Array): Uint8Array => hash(blocks).map((byte, i) => (i === 255 ? byte ^ 1 : byte));
  expect(() => checkHasher({batch: 8, hash: wrong}, "cpu")).toThrow(
    expect.objectContaining({code: "GPUJS_WRONG", exitCode: 4}),
  );
});
