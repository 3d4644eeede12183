// Memory on a device, and launches. The compiler is nvcc, or a host's with tools/stand_in/, which runs kernels on the CPU.
#pragma once

#include <cuda_runtime.h>
#include <stddef.h>
#include <stdint.h>

namespace qsdm {

constexpr unsigned BLOCK_THREADS = 128;

inline unsigned blocks_for(uint64_t threads) {
  return static_cast<unsigned>((threads + BLOCK_THREADS - 1) / BLOCK_THREADS);
}

// One thread each: a message, a segment of the table, a walk, an attempt. The bodies are core/thread.hpp.
__device__ inline uint64_t thread_number() { return uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; }

// Threads wait asleep: a search waits for all of its time, and the processor has other work.
inline cudaError_t use_device(int device) {
  const cudaError_t status = cudaSetDevice(device);
  // Refused once the device is in use, with the flags that it was taken into use with.
  if (status == cudaSuccess) (void)cudaSetDeviceFlags(cudaDeviceScheduleBlockingSync);
  (void)cudaGetLastError();
  return status;
}

// Where the seconds that kernels take are added, or NULL; for measuring.
inline thread_local double *kernel_seconds = nullptr;

// Memory on the device, freed with the scope. The first failure sticks; calls after it do nothing.
class Scope {
 public:
  explicit Scope(int device) { check(use_device(device)); }
  Scope(const Scope &) = delete;
  Scope &operator=(const Scope &) = delete;
  ~Scope() {
    for (int i = 0; i < held_; i++) cudaFree(blocks_[i]);
  }

  template <class T>
  T *allocate(size_t count) {
    void *block = nullptr;
    if (held_ == MOST) check(cudaErrorMemoryAllocation);
    if (ok() && check(cudaMalloc(&block, (count ? count : 1) * sizeof(T)))) blocks_[held_++] = block;
    return static_cast<T *>(block);
  }
  template <class T>
  T *copy_in(const T *from, size_t count) {
    T *block = allocate<T>(count);
    if (ok() && count) check(cudaMemcpy(block, from, count * sizeof(T), cudaMemcpyHostToDevice));
    return block;
  }
  template <class T>
  void copy_out(T *to, const T *block, size_t count) {
    if (ok() && count) check(cudaMemcpy(to, block, count * sizeof(T), cudaMemcpyDeviceToHost));
  }
  // A kernel with at least `threads` threads, none for 0.
  template <class... Parameters, class... Arguments>
  void run(void (*kernel)(Parameters...), uint64_t threads, Arguments... arguments) {
    if (!kernel_seconds) return run_on(nullptr, kernel, threads, arguments...);
    cudaEvent_t start = nullptr, end = nullptr;
    float milliseconds = 0;
    check(cudaEventCreate(&start));
    check(cudaEventCreate(&end));
    if (ok()) check(cudaEventRecord(start, nullptr));
    run_on(nullptr, kernel, threads, arguments...);
    if (ok()) check(cudaEventRecord(end, nullptr));
    if (ok()) check(cudaEventSynchronize(end));
    if (ok() && check(cudaEventElapsedTime(&milliseconds, start, end))) *kernel_seconds += milliseconds / 1e3;
    cudaEventDestroy(start);
    cudaEventDestroy(end);
  }
  template <class... Parameters, class... Arguments>
  void run_on(cudaStream_t stream, void (*kernel)(Parameters...), uint64_t threads, Arguments... arguments) {
    if (!ok() || threads == 0) return;
#if defined(__CUDACC__)
    kernel<<<blocks_for(threads), BLOCK_THREADS, 0, stream>>>(arguments...);
#else
    stand_in_launch(blocks_for(threads), BLOCK_THREADS, stream, [=] { kernel(arguments...); });
#endif
    check(cudaGetLastError());
  }
  bool check(cudaError_t status) {
    if (ok()) status_ = status;
    return ok();
  }
  // The caller's from now on.
  void release() { held_ = 0; }
  bool ok() const { return status_ == cudaSuccess; }
  int status() const { return status_; }

 private:
  static constexpr int MOST = 12;
  void *blocks_[MOST];
  int held_ = 0;
  cudaError_t status_ = cudaSuccess;
};

}  // namespace qsdm
