/** The WebGPU implementation of the npm package `webgpu` (Dawn), and what it runs on. */
import {existsSync, readdirSync} from "node:fs";
import path from "node:path";
import {UnavailableError} from "../../../errors.js";

/** The package, as far as it is used; it is optional, so its own types may be missing. */
interface WebgpuPackage {
  create(options: readonly string[]): GPU;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** Where Vulkan's loader looks for drivers. */
const DRIVER_FOLDERS = ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"];

/** Whether a driver could be found. Dawn writes to standard error by itself when it looks and there is none. */
function hasDriver(): boolean {
  if (process.platform !== "linux") return true;
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  const home = process.env.XDG_DATA_HOME ?? path.join(process.env.HOME ?? "/", ".local/share");
  return [...DRIVER_FOLDERS, path.join(home, "vulkan/icd.d")].some(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".json")),
  );
}

export interface Adapter {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  /** As its driver names it. */
  readonly name: string;
  /** Whether it is a program that computes on the processor. */
  readonly software: boolean;
}

/** Whoever holds the result keeps the process from ending. @throws UnavailableError WEBGPU_UNAVAILABLE */
export async function findAdapter(backend: string): Promise<Adapter> {
  const refuse = (why: string, hint: string, cause?: unknown): UnavailableError =>
    new UnavailableError("WEBGPU_UNAVAILABLE", `backend ${backend}: ${why}`, {
      hint,
      ...(cause === undefined ? {} : {cause}),
    });
  if (!hasDriver()) throw refuse("no Vulkan driver is installed", "install the driver of the GPU with its Vulkan part");
  const packageName = "webgpu";
  const {create, globals} = await (import(packageName) as Promise<WebgpuPackage>).catch((cause) => {
    const missing = cause.code === "ERR_MODULE_NOT_FOUND";
    if (missing) throw refuse("the package webgpu is not installed", "npm install --include=optional brings it", cause);
    throw refuse(`the package webgpu does not load: ${cause.message}`, "use another backend", cause);
  });
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({powerPreference: "high-performance"});
  if (!adapter) throw refuse("no adapter was found", "install the driver of the GPU with its Vulkan part");
  const {description, device, vendor, isFallbackAdapter} = adapter.info;
  return {gpu, adapter, name: device || description || vendor, software: isFallbackAdapter};
}
