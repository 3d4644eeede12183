// A stand-in for the CUDA runtime on machines without a device: the host's side of native/cuda/ and its kernels, compiled
// by the host's compiler, run on the CPU under sanitizers. A device's memory is the heap, so that a transfer of a wrong
// length is found; a stream's work is done when the stream is waited for, so that a result that is read too early is
// wrong. Threads of a launch run one after the other.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __constant__
#define __launch_bounds__(...)

struct stand_in_dim {
  unsigned x;
};
inline thread_local stand_in_dim blockIdx, threadIdx, blockDim;

typedef int cudaError_t;
enum : int {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount = 16 };
constexpr unsigned cudaDeviceScheduleBlockingSync = 4, cudaStreamNonBlocking = 1, cudaHostAllocDefault = 0;

struct cudaUUID_t {
  char bytes[16];
};
struct cudaDeviceProp {
  char name[256];
  cudaUUID_t uuid;
  size_t totalGlobalMem;
  int multiProcessorCount, major, minor;
};

struct stand_in_stream {
  std::vector<std::function<void()>> work;
};
typedef stand_in_stream *cudaStream_t;

// QSDM_STAND_IN_DEVICES says how many devices there are, one when it is not set.
inline int stand_in_devices() {
  const char *text = getenv("QSDM_STAND_IN_DEVICES");
  return text ? atoi(text) : 1;
}
inline cudaError_t stand_in_valid(int device) {
  return device >= 0 && device < stand_in_devices() ? cudaSuccess : cudaErrorInvalidDevice;
}

inline cudaError_t cudaGetDeviceCount(int *count) {
  *count = stand_in_devices();
  return *count > 0 ? cudaSuccess : cudaErrorNoDevice;
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *found, int device) {
  *found = {"stand-in for a device", {}, size_t{1} << 30, 2, 0, 0};
  found->uuid.bytes[15] = static_cast<char>(device);
  return stand_in_valid(device);
}
inline cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr, int device) {
  *value = 2;
  return stand_in_valid(device);
}
template <class Kernel>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, Kernel *, int, size_t) {
  *blocks = 1;
  return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int device) { return stand_in_valid(device); }
inline cudaError_t cudaSetDeviceFlags(unsigned) { return cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char *cudaGetErrorString(cudaError_t status) {
  return status == cudaSuccess ? "no error" : status == cudaErrorInvalidDevice ? "invalid device ordinal" : "an error";
}

inline cudaError_t cudaMalloc(void **block, size_t bytes) {
  *block = malloc(bytes);
  return *block ? cudaSuccess : cudaErrorMemoryAllocation;
}
inline cudaError_t cudaFree(void *block) {
  free(block);
  return cudaSuccess;
}
inline cudaError_t cudaHostAlloc(void **block, size_t bytes, unsigned) { return cudaMalloc(block, bytes); }
inline cudaError_t cudaFreeHost(void *block) { return cudaFree(block); }
inline cudaError_t cudaMemset(void *to, int value, size_t bytes) {
  memset(to, value, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind) {
  memcpy(to, from, bytes);
  return cudaSuccess;
}

inline void stand_in_do(cudaStream_t stream, std::function<void()> job) {
  if (stream)
    stream->work.push_back(std::move(job));
  else
    job();
}
inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  stand_in_do(stream, [=] { memcpy(to, from, bytes); });
  return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
  *stream = new stand_in_stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (!stream) return cudaSuccess;
  const auto work = std::move(stream->work);
  stream->work.clear();
  for (const auto &job : work) job();
  return cudaSuccess;
}

// A moment of the CPU's clock.
struct stand_in_event {
  std::chrono::steady_clock::time_point at;
};
typedef stand_in_event *cudaEvent_t;
inline cudaError_t cudaEventCreate(cudaEvent_t *event) {
  *event = new stand_in_event;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->at = std::chrono::steady_clock::now();
  return cudaSuccess;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->at - start->at).count();
  return cudaSuccess;
}

template <class Kernel>
void stand_in_launch(unsigned blocks, unsigned threads, cudaStream_t stream, Kernel kernel) {
  stand_in_do(stream, [=] {
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; blockIdx.x++)
      for (threadIdx.x = 0; threadIdx.x < threads; threadIdx.x++) kernel();
  });
}

inline unsigned long long atomicMin(unsigned long long *at, unsigned long long value) {
  const unsigned long long before = *at;
  if (value < before) *at = value;
  return before;
}
