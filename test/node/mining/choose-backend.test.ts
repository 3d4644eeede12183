import {describe, expect, test, vi} from "vitest";
import {UnavailableError} from "../../../src/errors.js";
import type {BackendName, ComputeBackend} from "../../../src/node/compute/backend.js";
import {openBackend} from "../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {checkBackend, chooseBackend} from "../../../src/node/mining/choose-backend.js";
import {backendsHere, fastest} from "../../support/native.js";

const noAddon = new UnavailableError("NATIVE_UNAVAILABLE", "backend native: not built");
const noVectors = new UnavailableError("WASM_UNAVAILABLE", "backend wasm: no vectors");
const noGpu = {
  webgpu: new UnavailableError("WEBGPU_UNAVAILABLE", "backend webgpu: no adapter was found"),
  gpujs: new UnavailableError("GPUJS_UNAVAILABLE", "backend gpujs: not installed"),
};
const open = (broken: Partial<Record<BackendName, Partial<ComputeBackend> | Error>>) => async (name: BackendName) => {
  const change = broken[name];
  if (change instanceof Error) throw change;
  return {...(await openBackend(name)), ...change};
};

describe("--backend auto", () => {
  test("takes the fastest", async () => {
    const {backend, refused} = await chooseBackend("auto");
    expect(backend.name).toBe(fastest);
    expect(refused.map(({code}) => code)).toEqual(fastest === "native" ? [] : ["NATIVE_UNAVAILABLE"]);
  });

  test("leaves out what cannot be opened, and says why", async () => {
    const {backend, refused} = await chooseBackend("auto", open({native: noAddon, wasm: noVectors, ...noGpu}));
    expect(backend.name).toBe("cpu");
    // Nothing is amiss with a machine without a GPU.
    expect(refused).toEqual([noAddon, noVectors]);
  });

  test("leaves out what computes something else, however fast it is", async () => {
    const solveSlice: ComputeBackend["solveSlice"] = (_job, _start, attempts) => ({solution: null, attempts});
    const {backend, refused} = await chooseBackend("auto", open({native: noAddon, wasm: {solveSlice}, ...noGpu}));
    expect(backend.name).toBe("cpu");
    expect(refused).toMatchObject([
      {code: "NATIVE_UNAVAILABLE"},
      {code: "SELF_TEST_FAILED", message: "backend wasm: its search finds something else"},
    ]);
  });

  test("lets go of a device that it does not take", async () => {
    const close = vi.fn();
    const wrong: Partial<ComputeBackend> = {
      solveSlice: (_job, _start, attempts) => ({solution: null, attempts}),
      close,
    };
    const {refused} = await chooseBackend("auto", async (name) =>
      name === "webgpu" ? {...cpuBackend, name, ...wrong} : openBackend(name),
    );
    expect(refused.at(-1)).toMatchObject({code: "SELF_TEST_FAILED", message: expect.stringContaining("webgpu")});
    expect(close).toHaveBeenCalledTimes(1);
  });

  test("lets go of a device that is slower than the processor", async () => {
    const close = vi.fn();
    const {backend, refused} = await chooseBackend("auto", async (name) =>
      name === "webgpu" ? {...cpuBackend, name, close} : openBackend(name),
    );
    expect(backend.name).toBe(fastest);
    expect(refused.map(({code}) => code)).not.toContain("SELF_TEST_FAILED");
    expect(close).toHaveBeenCalledTimes(1);
  });

  test("does not try gpu.js where something faster works", async () => {
    const tried: BackendName[] = [];
    await chooseBackend("auto", async (name) => {
      tried.push(name);
      if (name === "webgpu") throw noGpu.webgpu;
      return openBackend(name === "native" ? "wasm" : name);
    });
    expect(tried).toEqual(["native", "wasm", "cpu", "webgpu"]);
  });

  test("fails when nothing is left", async () => {
    await expect(
      chooseBackend("auto", open({native: noAddon, wasm: noVectors, cpu: noVectors, ...noGpu})),
    ).rejects.toBe(noGpu.gpujs);
  });
});

test.each(backendsHere)("--backend %s takes that one", async (name) => {
  expect((await chooseBackend(name)).backend.name).toBe(name);
});

test("--backend with a name that is none is refused, with those that there are", async () => {
  await expect(chooseBackend("abacus")).rejects.toMatchObject({
    code: "BACKEND_UNKNOWN",
    exitCode: 2,
    message: "there is no backend abacus",
    hint: "use --backend auto, native, wasm, cpu, webgpu, gpujs, cuda",
  });
});

test.each([
  ["a table", {extendDags: () => undefined}, "its table is another one"],
  ["a tensor walk", {mixDigests: () => [new Uint8Array(32)]}, "recorded digest"],
  [
    "a plain walk",
    {
      mixDigests: (...[dag, starts, version]: Parameters<ComputeBackend["mixDigests"]>) =>
        cpuBackend
          .mixDigests(dag, starts, version)
          .map((mix, i) => (version === 1 && i === 2 ? mix.map((b) => b ^ 1) : mix)),
    },
    "walks another way",
  ],
])("a backend that gets %s wrong fails its check", (_, change, why) => {
  expect(() => checkBackend({...cpuBackend, ...change})).toThrow(
    expect.objectContaining({code: "SELF_TEST_FAILED", message: expect.stringContaining(why)}),
  );
});
