#include "../include/qsdm_cuda.h"
#include "device.cuh"
#include "../core/thread.hpp"

using namespace qsdm;

namespace {

__global__ void __launch_bounds__(BLOCK_THREADS)
    sha3_kernel(const uint8_t *messages, const uint32_t *ends, size_t count, uint8_t *digests) {
  const uint64_t i = thread_number();
  if (i >= count) return;
  const uint32_t start = i == 0 ? 0 : ends[i - 1];
  thread_hash(messages + start, ends[i] - start, digests + 32 * i);
}

}  // namespace

extern "C" int qsdm_cuda_sha3(int device, const uint8_t *messages, const uint32_t *ends, size_t count,
                              uint8_t *digests) {
  if (count == 0) return 0;
  Scope scope(device);
  const uint8_t *all = scope.copy_in(messages, ends[count - 1]);
  const uint32_t *all_ends = scope.copy_in(ends, count);
  uint8_t *out = scope.allocate<uint8_t>(32 * count);
  scope.run(sha3_kernel, count, all, all_ends, count, out);
  scope.copy_out(digests, out, 32 * count);
  return scope.status();
}
