/** The addon, in tests: those that need it are skipped by name where it was not built. */
import {createRequire} from "node:module";
import type {TestContext} from "vitest";
import {BACKEND_NAMES, type BackendName} from "../../src/node/compute/backend.js";
import {type Addon, addonFile, load} from "../../src/node/compute/native/addon.js";
import {lacking} from "./tools.js";

const loaded = load(addonFile(new URL("../../src/node/compute/native/addon.ts", import.meta.url).href));
/** Null where it was not built. */
export const builtAddon: Addon | null = "abi" in loaded ? loaded : null;

/** Whether the optional package gpu.js was installed. */
export const hasGpujs: boolean = (() => {
  try {
    return createRequire(import.meta.url).resolve("gpu.js") !== "";
  } catch {
    return false;
  }
})();

/** The addon. Ends the calling test as skipped without one. */
export const addonOf = (context: TestContext): Addon => builtAddon ?? lacking(context, "the native addon");

/** The backend that is fastest here. */
export const fastest: BackendName = builtAddon ? "native" : "wasm";

/** Backends that can be opened here; the addon built or not. WebGPU takes a device and has its own tests. */
export const backendsHere = BACKEND_NAMES.filter(
  (name) => (name !== "native" || builtAddon !== null) && (name !== "gpujs" || hasGpujs) && name !== "webgpu",
);
