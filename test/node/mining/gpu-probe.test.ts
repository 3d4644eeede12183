import {chmodSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {parseGpus, readGpus} from "../../../src/node/mining/gpu-probe.js";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "qsdm-gpu-"));
});
afterAll(() => rmSync(directory, {recursive: true}));

/** A program that stands in for nvidia-smi. */
function program(name: string, script: string): string {
  const file = path.join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

// The forms of `nvidia-smi --query-gpu --format=csv,noheader,nounits`: cells apart by comma and space, [N/A] for none.
const ANSWER = `GPU-8a1f, NVIDIA H200, 41, 118.42, 97
GPU-77b0, NVIDIA GeForce RTX 4090, 63, [N/A], [Not Supported]
`;

test("readings are taken from each line, and what the driver does not tell is null", async () => {
  const readings = [
    {uuid: "GPU-8a1f", name: "NVIDIA H200", temperatureCelsius: 41, powerWatts: 118.42, utilizationPercent: 97},
    {
      uuid: "GPU-77b0",
      name: "NVIDIA GeForce RTX 4090",
      temperatureCelsius: 63,
      powerWatts: null,
      utilizationPercent: null,
    },
  ];
  expect(await readGpus(program("smi", `cat <<'END'\n${ANSWER}END`))).toEqual(readings);
});

test("lines of another form are left out", () => {
  expect(parseGpus("No devices were found\n\nGPU-1, A, 1, 2, 3, 4\n")).toEqual([]);
});

test.each([
  ["is not installed", () => path.join(directory, "none")],
  ["fails", () => program("broken", "echo GPU-1, A, 1, 2, 3; exit 9")],
])("there are no readings where nvidia-smi %s", async (_, place) => {
  expect(await readGpus(place())).toEqual([]);
});
