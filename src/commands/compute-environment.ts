/** What turns backends off, for the manual: a switch for when one is suspected, and no setting of a file. */
export const COMPUTE_ENVIRONMENT = {
  QSDM_COMPUTE:
    "The one backend that may compute: native, wasm, cpu, webgpu or gpujs. Without it the fastest that works does.",
  QSDM_CUDA_LIBRARY: "Another build of the CUDA kernels than the one that npm install makes.",
  QSDM_WEBGPU: "software lets a device compute that is the processor in disguise, as in tests.",
  QSDM_GPUJS: "The mode of gpu.js: webgpu, webasm or cpu. Without it the first of them that works.",
};
