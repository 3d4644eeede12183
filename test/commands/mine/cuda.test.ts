/** `qsdm mine` with CUDA devices: none, and those of the stand-in that runs the kernels on the CPU. */
import {expect, onTestFinished, type TestContext, test, vi} from "vitest";
import {run} from "../../../src/commands/run.js";
import {NOT_YET_RUN} from "../../../src/node/compute/native/cuda-library.js";
import {standInFile} from "../../support/cuda.js";
import {addonOf} from "../../support/native.js";
import {memoryHost} from "../memory-host.js";

async function mine(context: TestContext, line: string, devices: number) {
  addonOf(context);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("QSDM_CUDA_LIBRARY", standInFile(context));
  vi.stubEnv("QSDM_STAND_IN_DEVICES", String(devices));
  const host = memoryHost({argv: ["mine", ...line.split(" ")]});
  const status = await run(host);
  return {status, out: host.out(), err: host.err()};
}

test.for(["--backend cuda", "--device cuda", "--device cuda:0"])(
  "%s without a device is refused, and says that there is none",
  async (flags, context) => {
    const ran = await mine(context, `--self-test ${flags}`, 0);
    expect(ran).toMatchObject({status: 4, out: "", err: expect.stringContaining("no CUDA device")});
    expect(ran.err).toContain("hint:");
  },
);

test("a CUDA device that is not there costs a line, and the others mine", async (context) => {
  const ran = await mine(context, "--self-test --device cuda --device cpu:1 --json", 0);
  expect(ran.err).toContain("backend cuda: no CUDA device");
  expect(ran.status).toBe(0);
  expect(JSON.parse(ran.out).data).toMatchObject({threads: 1});
});

test("--self-test mines on every CUDA device and verifies by the rules", async (context) => {
  const ran = await mine(context, "--self-test --backend cuda --json", 2);
  expect(ran).toMatchObject({status: 0, err: ""});
  expect(JSON.parse(ran.out).data).toMatchObject({backend: "cuda", threads: 2});
});

test("--device list shows devices, or why there are none", async (context) => {
  const {status, out} = await mine(context, "--device list", 2);
  expect(status).toBe(0);
  const [cpu, first, second, ...more] = out.trimEnd().split("\n");
  expect(cpu).toMatch(/^cpu\tok\tnative: /);
  expect(first).toContain(`cuda:0\tok\tstand-in for a device, compute capability 0.0, 2 multiprocessors, 1 GiB`);
  expect(first).toContain(NOT_YET_RUN);
  expect(second).toMatch(/^cuda:1\t.*\tGPU-00000000-0000-0000-0000-000000000001$/);
  expect(more).toEqual([]);
  const none = JSON.parse((await mine(context, "--device list --json", 0)).out);
  expect(none.data.devices[1]).toEqual({
    device: "cuda",
    usable: false,
    detail: "backend cuda: no CUDA device",
    uuid: null,
  });
});
