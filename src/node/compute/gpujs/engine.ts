/** gpu.js in mode webgpu, which answers with promises: what the thread of a device has of it. */
import type {DeviceEngine} from "../device/calls.js";
import {findAdapter} from "../webgpu/adapter.js";
import {createGpujsKernel, GPU_BATCH, THREAD_BATCH} from "./kernel.js";

/** @throws UnavailableError WEBGPU_UNAVAILABLE, GPUJS_UNAVAILABLE */
export async function openGpujsEngine(): Promise<DeviceEngine> {
  const {gpu, name, software} = await findAdapter("gpujs");
  // Where gpu.js looks for it. Node has a navigator of its own that cannot be written to.
  Object.defineProperty(globalThis, "navigator", {value: {gpu}, configurable: true});
  const batch = software ? THREAD_BATCH : GPU_BATCH;
  const {run} = createGpujsKernel("webgpu", batch);
  return {detail: name, software, batch, hash: async (blocks) => run(blocks), close: async () => null};
}
