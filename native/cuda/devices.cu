// Which devices there are, and what statuses mean.
#include <string.h>

#include "../include/qsdm_cuda.h"
#include "device.cuh"

extern "C" {

uint32_t qsdm_cuda_abi(void) { return QSDM_CUDA_ABI; }

int qsdm_cuda_devices(const char **why_none) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  // No driver, or one that is too old for this runtime, is as good as no device. The next call starts afresh.
  if (status != cudaSuccess) count = 0;
  (void)cudaGetLastError();
  *why_none = count > 0                                                       ? nullptr
              : status == cudaSuccess || status == cudaErrorNoDevice          ? "no CUDA device"
              : status == cudaErrorInsufficientDriver                         ? "no CUDA device: no driver, or one too old"
                                                                              : cudaGetErrorString(status);
  return count;
}

int qsdm_cuda_device_at(int device, qsdm_cuda_device *what) {
  cudaDeviceProp found{};
  const cudaError_t status = cudaGetDeviceProperties(&found, device);
  if (status != cudaSuccess) return status;
  memset(what, 0, sizeof *what);
  strncpy(what->name, found.name, sizeof what->name - 1);
  memcpy(what->uuid, &found.uuid, sizeof what->uuid);
  what->memory_bytes = found.totalGlobalMem;
  what->multiprocessors = static_cast<uint32_t>(found.multiProcessorCount);
  what->major = static_cast<uint32_t>(found.major);
  what->minor = static_cast<uint32_t>(found.minor);
  return cudaSuccess;
}

void qsdm_cuda_time_kernels(double *seconds) { qsdm::kernel_seconds = seconds; }

const char *qsdm_cuda_status_text(int status) {
  return status == QSDM_CUDA_WRONG_CHECKPOINTS ? "the checkpoints are wrong"
         : status == QSDM_CUDA_NO_KEY          ? "not a secret key"
                                               : cudaGetErrorString(static_cast<cudaError_t>(status));
}

}  // extern "C"
