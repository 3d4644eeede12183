import fc from "fast-check";
import {describe, expect, onTestFinished, test, vi} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {UnavailableError} from "../../../src/errors.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {checkDevice} from "../../../src/node/compute/webgpu/check.js";
import {DeviceTable} from "../../../src/node/compute/webgpu/device-table.js";
import {createWebgpuBackend} from "../../../src/node/compute/webgpu.js";
import {buildDag} from "../../../src/node/ledger/mining/dag.js";
import {targetOf} from "../../../src/node/ledger/mining/target.js";
import {lacking} from "../../support/tools.js";
import vectors from "../ledger/mining/dag.vectors.json" with {type: "json"};

const bytes = (size: number) => fc.uint8Array({minLength: size, maxLength: size});
const start = fc.record({headerHash: bytes(32), nonce: bytes(16)});
const versions = [1, 2] as const;

// A program that poses as a GPU (SwiftShader, lavapipe) is slow and as good for this.
vi.stubEnv("QSDM_WEBGPU", "software");
const opened: ComputeBackend | UnavailableError = await createWebgpuBackend().catch((error) => {
  if (error instanceof UnavailableError && error.code === "WEBGPU_UNAVAILABLE") return error;
  throw error;
});

describe("WebGPU", () => {
  const on = (context: Parameters<typeof lacking>[0]): ComputeBackend =>
    opened instanceof UnavailableError ? lacking(context, `a WebGPU adapter (${opened.message})`) : opened;

  test("walks a table to the recorded digests", (context) => {
    const backend = on(context);
    const mixes = vectors.cases.filter((each) => each.input.op === "mix" && each.input.n! < 100);
    expect(mixes.length).toBeGreaterThan(3);
    for (const {input, expected} of mixes) {
      const workSetRoot = Buffer.from(input.workset_root!, "hex");
      const table = buildDag({epoch: BigInt(input.epoch!), workSetRoot, entries: input.n!});
      const starts = [{headerHash: Buffer.from(input.header_hash!, "hex"), nonce: Buffer.from(input.nonce!, "hex")}];
      expect(backend.mixDigests(table, starts, 1).map(hexOf)).toEqual([expected!.mix_v1]);
      expect(backend.mixDigests(table, starts, 2).map(hexOf)).toEqual([expected!.mix_v2]);
    }
  });

  test("hashes more messages than it takes at a time, long ones among them", (context) => {
    const messages = Array.from({length: 4_200}, (_, i) => new Uint8Array(i % 150).fill(i));
    expect(on(context).sha3(messages)).toEqual(cpuBackend.sha3(messages));
  });

  test("gives the rules' bits for zeros, subnormals, infinities and NaNs in the table", (context) => {
    const backend = on(context);
    // Both signs of zero, infinity, the smallest and the largest finite ones, and NaNs with other payloads.
    const halves = [0x0000, 0x8000, 0x7c00, 0xfc00, 0x0001, 0x83ff, 0x7bff, 0xfbff, 0x7c01, 0xfe00, 0x3c00, 0xbc01];
    const table = fc.array(fc.constantFrom(...halves), {minLength: 48, maxLength: 48}).map((words) => {
      const given = new Uint8Array(96);
      for (const [i, word] of words.entries()) given.set([word >> 8, word & 0xff], 2 * i);
      return given;
    });
    fc.assert(
      fc.property(table, fc.array(start, {minLength: 1, maxLength: 3}), (given, starts) => {
        expect(backend.mixDigests(given, starts, 2)).toEqual(cpuBackend.mixDigests(given, starts, 2));
      }),
      {numRuns: 20},
    );
  });

  test.for(versions)("searches with mix version %d like the rules", (mix, context) => {
    const backend = on(context);
    const table = buildDag({epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 1_500});
    const fixed = {headerHash: new Uint8Array(32).fill(1), batchRoot: new Uint8Array(32).fill(2)};
    fc.assert(
      fc.property(bytes(16), fc.integer({min: 1, max: 70}), (nonce, attempts) => {
        const job = {...fixed, target: targetOf(20n), table, mix};
        expect(backend.solveSlice(job, nonce, attempts)).toEqual(cpuBackend.solveSlice(job, nonce, attempts));
      }),
      {numRuns: 8},
    );
  });
});

describe("a table", () => {
  /** A device with bindings of up to `bindingBytes`, which records what is written to each of its buffers. */
  function deviceOf(bindingBytes: number, full: string | null = null) {
    const written: Uint8Array[] = [];
    const device = {
      limits: {maxStorageBufferBindingSize: bindingBytes, maxBufferSize: 2 ** 40},
      pushErrorScope: () => undefined,
      popErrorScope: async () => (full ? {message: full} : null),
      createBuffer: ({size}: {size: number}) => {
        const bytes = new Uint8Array(size);
        written.push(bytes);
        return {bytes, destroy: () => undefined};
      },
      queue: {
        writeBuffer: (buffer: {bytes: Uint8Array}, at: number, bytes: Uint8Array) => buffer.bytes.set(bytes, at),
        onSubmittedWorkDone: async () => undefined,
      },
    };
    vi.stubGlobal("GPUBufferUsage", {STORAGE: 128, COPY_DST: 8});
    onTestFinished(() => void vi.unstubAllGlobals());
    return {table: new DeviceTable(device as unknown as GPUDevice), written};
  }
  const entries = Uint8Array.from({length: 10 * 32}, (_, i) => i);

  test("that fits one binding lies in one buffer", async () => {
    const {table, written} = deviceOf(1_024);
    await table.load(entries);
    expect(table).toMatchObject({entries: 10, shift: 4});
    expect(written).toEqual([entries]);
  });

  test("that does not is cut at a power of two", async () => {
    const {table, written} = deviceOf(5 * 32);
    await table.load(entries);
    expect(table).toMatchObject({entries: 10, shift: 2});
    expect(written).toEqual([entries.subarray(0, 128), entries.subarray(128, 256), entries.subarray(256)]);
  });

  test("of more than four buffers is refused", async () => {
    await expect(deviceOf(2 * 32).table.load(entries)).rejects.toThrow("takes tables of up to");
  });

  test("for which there is no memory is refused", async () => {
    await expect(deviceOf(1_024, "out of memory").table.load(entries)).rejects.toThrow("MiB of its device's memory");
  });
});

test("a device that is a program is refused unless it is asked for", async (context) => {
  if (opened instanceof UnavailableError || !/swiftshader|llvmpipe/.test(opened.detail))
    return lacking(context, "SwiftShader or lavapipe");
  onTestFinished(() => void vi.stubEnv("QSDM_WEBGPU", "software"));
  vi.stubEnv("QSDM_WEBGPU", "");
  await expect(createWebgpuBackend()).rejects.toMatchObject({
    code: "WEBGPU_UNAVAILABLE",
    message: expect.stringContaining("slower than the processor"),
  });
});

test.each([
  ["hashes", {sha3: () => [new Uint8Array(32)]}, "hashes another way"],
  [
    "walks",
    {mixDigests: (...[dag, starts]: Parameters<ComputeBackend["mixDigests"]>) => cpuBackend.mixDigests(dag, starts, 2)},
    "walks another way",
  ],
  [
    "tensor walks",
    {mixDigests: (...[dag, starts]: Parameters<ComputeBackend["mixDigests"]>) => cpuBackend.mixDigests(dag, starts, 1)},
    "bit for bit",
  ],
  [
    "searches",
    {solveSlice: (...[, , attempts]: Parameters<ComputeBackend["solveSlice"]>) => ({solution: null, attempts})},
    "finds something else",
  ],
])("a device that gets %s wrong is refused", (_, change, why) => {
  expect(() => checkDevice(cpuBackend)).not.toThrow();
  expect(() => checkDevice({...cpuBackend, ...change})).toThrow(
    expect.objectContaining({code: "DEVICE_WRONG", exitCode: 4, message: expect.stringContaining(why)}),
  );
});
