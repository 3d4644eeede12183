/**
 * The CUDA library in tests: the host's side of native/cuda and its kernels, compiled for the CPU with a stand-in for the
 * CUDA runtime (native/tools/stand_in). It shows that calls, memory and arithmetic are right, not that a device is.
 */
import {spawnSync} from "node:child_process";
import {fileURLToPath} from "node:url";
import type {TestContext} from "vitest";
import {type CudaDevice, type CudaLibrary, loadCuda} from "../../src/node/compute/native/cuda-library.js";
import {addonOf, builtAddon} from "./native.js";
import {findTool, lacking} from "./tools.js";

const NATIVE = fileURLToPath(new URL("../../native/", import.meta.url));

const missingTool = (): string | undefined => ["make", "g++"].find((tool) => !findTool(tool));

/** Path of the library; building it takes some seconds the first time. Ends the calling test as skipped without tools. */
export function standInFile(context: TestContext): string {
  const missing = missingTool();
  return missing ? lacking(context, missing) : built();
}

function built(): string {
  const {status, stderr} = spawnSync("make", ["-s", "-C", NATIVE, "stand-in"], {encoding: "utf8"});
  if (status !== 0) throw new Error(`make stand-in: ${stderr}`);
  return `${NATIVE}out/libqsdm_cuda_stand_in.so`;
}

/** Its functions and devices. */
export const standIn = (context: TestContext): {library: CudaLibrary; devices: readonly CudaDevice[]} =>
  loadCuda(addonOf(context), standInFile(context));

/** Its functions where it can be built and loaded, for what is no test of its own. */
export const standInHere = (): CudaLibrary | null =>
  builtAddon && !missingTool() ? loadCuda(builtAddon, built()).library : null;
