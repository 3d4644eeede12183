import {existsSync} from "node:fs";
import {mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {expect, onTestFinished, test} from "vitest";
import {capabilities} from "../../../../src/node/compute/backend.js";
import {
  type CudaLibrary,
  cudaFile,
  describeDevice,
  loadCuda,
} from "../../../../src/node/compute/native/cuda-library.js";
import {standIn} from "../../../support/cuda.js";
import {addonOf} from "../../../support/native.js";
import {lacking} from "../../../support/tools.js";

const built = cudaFile(new URL("../../../../src/node/compute/native/cuda-library.ts", import.meta.url).href);

test("the library loads without a driver and says that there is no device", (context) => {
  const addon = addonOf(context);
  if (!existsSync(built)) lacking(context, "the CUDA kernels");
  const library = addon.loadCuda(built);
  expect(library).toBeTypeOf("object");
  const devices = (library as CudaLibrary).devices();
  if (typeof devices !== "string") return context.skip("there is a CUDA device");
  expect(devices).toContain("no CUDA device");
  expect(() => loadCuda(addon, built)).toThrow(
    expect.objectContaining({code: "CUDA_UNAVAILABLE", message: `backend cuda: ${devices}`, exitCode: 4}),
  );
});

test("qsdm version says of CUDA that no device has run it, and why it is not usable here", async () => {
  const [cuda] = await capabilities();
  expect(cuda).toMatchObject({backend: "cuda", detail: expect.stringMatching(/; not yet run on a device$/)});
  if (!cuda!.usable) expect(cuda!.detail).toMatch(/^backend (cuda|native): /);
});

test("a library that was not built is a reason, with what to do", (context) => {
  expect(() => loadCuda(addonOf(context), "/does/not/exist.so")).toThrow(
    expect.objectContaining({
      code: "CUDA_UNAVAILABLE",
      message: "backend cuda: the kernels have not been built",
      hint: expect.stringContaining("npm run build:native"),
    }),
  );
});

test("a file that is no library is a reason, too", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "qsdm-cuda-"));
  onTestFinished(() => rm(folder, {recursive: true}));
  const file = join(folder, "a.so");
  await writeFile(file, "no library");
  expect(() => loadCuda(addonOf(context), file)).toThrow(
    expect.objectContaining({
      code: "CUDA_UNAVAILABLE",
      message: expect.stringContaining("backend cuda: the kernels cannot be loaded: "),
    }),
  );
});

test("devices are described as nvidia-smi names them", (context) => {
  const {devices} = standIn(context);
  expect(devices).toEqual([
    {
      name: "stand-in for a device",
      uuid: "GPU-00000000-0000-0000-0000-000000000000",
      memoryBytes: 2 ** 30,
      multiprocessors: 2,
      capability: "0.0",
    },
  ]);
  expect(describeDevice({...devices[0]!, name: "NVIDIA H200", capability: "9.0"})).toBe(
    "NVIDIA H200, compute capability 9.0, 2 multiprocessors, 1 GiB",
  );
});

const bytes = (size: number): Uint8Array => new Uint8Array(size);
const refused: Record<string, (library: CudaLibrary) => unknown> = {
  "a device that there is not": ({sha3}) => sha3(1, bytes(1), Uint32Array.of(1), bytes(32)),
  "a message beyond its array": ({sha3}) => sha3(0, bytes(1), Uint32Array.of(2), bytes(32)),
  "messages that end backwards": ({sha3}) => sha3(0, bytes(9), Uint32Array.of(5, 4), bytes(64)),
  "digests of another size": ({sha3}) => sha3(0, bytes(1), Uint32Array.of(1), bytes(31)),
  "a table of another size": ({createTable}) => createTable(0, bytes(64), 3, 1),
  "a table without entries": ({createTable}) => createTable(0, bytes(0), 0, 1),
  "a walk over no table": ({walk}) => walk({}, 1, bytes(48), bytes(32)),
  "a walk by a mix that there is not": ({walk, createTable}) =>
    walk(createTable(0, bytes(64), 2, 1), 3, bytes(48), bytes(32)),
  "a walk from half a start": ({walk, createTable}) => walk(createTable(0, bytes(64), 2, 1), 1, bytes(24), bytes(0)),
  "a table that was given back": ({walk, createTable, destroyTable}) => {
    const table = createTable(0, bytes(64), 2, 1);
    destroyTable(table);
    walk(table, 1, bytes(48), bytes(32));
  },
};
for (const [name, call] of Object.entries(refused))
  test(`${name} is refused`, (context) => {
    const {library} = standIn(context);
    expect(() => call(library)).toThrow(expect.objectContaining({code: "NATIVE_ARGUMENT"}));
  });

test("checkpoints that are not those of one chain are refused by the device", (context) => {
  const {library} = standIn(context);
  expect(() => library.createTable(0, bytes(64), 20, 10)).toThrow(
    expect.objectContaining({code: "CUDA_FAILED", message: "the checkpoints are wrong"}),
  );
});
