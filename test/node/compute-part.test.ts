import {setTimeout as sleep} from "node:timers/promises";
import {expect, onTestFinished, test} from "vitest";
import {openBackend} from "../../src/node/compute/backend.js";
import {cpuBackend} from "../../src/node/compute/cpu.js";
import {openCompute} from "../../src/node/compute-part.js";
import type {Log} from "../../src/node/service.js";
import {standInFile} from "../support/cuda.js";
import {addonOf} from "../support/native.js";

function logged(): {readonly log: Log; readonly lines: string[]} {
  const lines: string[] = [];
  const note = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return {log: {info: note, warn: note, error: note} as unknown as Log, lines};
}

function useLibrary(file: string): void {
  process.env.QSDM_CUDA_LIBRARY = file;
  onTestFinished(() => {
    delete process.env.QSDM_CUDA_LIBRARY;
  });
}

test("a node that verifies on CUDA tries its devices while it goes on, and says what it found", async (context) => {
  addonOf(context);
  useLibrary(standInFile(context));
  const {log, lines} = logged();
  const pool = (await openCompute(await openBackend("native"), "cuda:0", log))!;
  expect(lines[0]).toMatch(
    /^verifies signatures: stand-in for a device, .*; not yet run on a device \{"device":"cuda:0"\}$/,
  );
  while (lines.length < 2) await sleep(10);
  // A processor that plays a device is slower than itself, unless something else holds it up.
  expect(lines[1]).toMatch(/^(the processor verifies signatures quicker|large batches of signatures go to the device)/);
  await pool.close();
});

test("a device that there is not is refused, and so is a machine without any", async (context) => {
  addonOf(context);
  const {log} = logged();
  const native = await openBackend("native");
  useLibrary(standInFile(context));
  await expect(openCompute(native, "cuda:7", log)).rejects.toMatchObject({
    code: "CUDA_UNAVAILABLE",
    message: "verify_on cuda:7: there is no such device",
  });
  await expect(openCompute(cpuBackend, "cuda", log)).rejects.toMatchObject({
    code: "CUDA_UNAVAILABLE",
    message: "verify_on cuda: backend cpu has no threads",
  });
  process.env.QSDM_CUDA_LIBRARY = "/does/not/exist.so";
  await expect(openCompute(native, "cuda", log)).rejects.toMatchObject({code: "CUDA_UNAVAILABLE"});
});

test("without devices there are the backend's threads, or none", async () => {
  const {log, lines} = logged();
  expect(await openCompute(cpuBackend, "cpu", log)).toBe(null);
  expect(lines).toEqual([]);
});
