// Tables on the device, from their checkpoints.
#include "table.cuh"

#include <new>

#include "../core/thread.hpp"

using namespace qsdm;

namespace {

// Copies a checkpoint and computes what follows it, up to the next one, which has to come out the same.
__global__ void __launch_bounds__(BLOCK_THREADS)
    segment_kernel(const uint8_t *marks, uint64_t entries, uint64_t interval, uint8_t *table, int *wrong) {
  const uint64_t segment = thread_number(), first = segment * interval;
  if (first >= entries) return;
  uint64_t entry[4], next[4];
  load_entry(marks + segment * ENTRY_BYTES, entry);
  store_entry(table + first * ENTRY_BYTES, entry);
  const uint64_t left = entries - first - 1, count = left < interval - 1 ? left : interval - 1;
  thread_extend(entry, first + 1, count, table + (first + 1) * ENTRY_BYTES);
  if (left < interval) return;
  next_entry<Thread>(entry, first + interval);
  load_entry(marks + (segment + 1) * ENTRY_BYTES, next);
  for (int i = 0; i < 4; i++)
    if (entry[i] != next[i]) *wrong = 1;
}

cudaError_t open_launch(qsdm_cuda_launch &launch) {
  cudaError_t status = cudaStreamCreateWithFlags(&launch.stream, cudaStreamNonBlocking);
  if (status == cudaSuccess) status = cudaMalloc(reinterpret_cast<void **>(&launch.found), sizeof *launch.found);
  if (status == cudaSuccess)
    status = cudaHostAlloc(reinterpret_cast<void **>(&launch.found_here), sizeof *launch.found_here, cudaHostAllocDefault);
  return status;
}

void close_launch(const qsdm_cuda_launch &launch) {
  if (launch.stream) cudaStreamDestroy(launch.stream);
  cudaFree(launch.found);
  if (launch.found_here) cudaFreeHost(launch.found_here);
}

}  // namespace

extern "C" {

int qsdm_cuda_table_create(int device, const qsdm_dag *checkpoints, qsdm_cuda_table **table) {
  const auto [marks, entries, interval] = *checkpoints;
  const uint64_t segments = (entries + interval - 1) / interval;
  Scope lasting(device), scope(device);
  auto *bytes = interval == 1 ? lasting.copy_in(marks, entries * ENTRY_BYTES)
                              : lasting.allocate<uint8_t>(entries * ENTRY_BYTES);
  scope.check(static_cast<cudaError_t>(lasting.status()));
  if (interval > 1) {
    const int right = 0;
    int wrong = 0;
    const uint8_t *on_device = scope.copy_in(marks, segments * ENTRY_BYTES);
    int *wrong_on_device = scope.copy_in(&right, 1);
    scope.run(segment_kernel, segments, on_device, entries, interval, bytes, wrong_on_device);
    scope.copy_out(&wrong, wrong_on_device, 1);
    if (wrong) return QSDM_CUDA_WRONG_CHECKPOINTS;
  }
  // The search's streams do not wait for a copy that is still under way.
  scope.check(cudaStreamSynchronize(nullptr));
  if (!scope.ok()) return scope.status();
  auto *made = new (std::nothrow) qsdm_cuda_table{device, bytes, entries, {}};
  if (!made) return cudaErrorMemoryAllocation;
  lasting.release();
  for (qsdm_cuda_launch &launch : made->launches) scope.check(open_launch(launch));
  if (scope.ok())
    *table = made;
  else
    qsdm_cuda_table_destroy(made);
  return scope.status();
}

void qsdm_cuda_table_destroy(qsdm_cuda_table *table) {
  if (!table) return;
  (void)use_device(table->device);
  for (const qsdm_cuda_launch &launch : table->launches) close_launch(launch);
  cudaFree(table->bytes);
  delete table;
}

int qsdm_cuda_table_read(const qsdm_cuda_table *table, uint64_t from, uint64_t count, uint8_t *entries) {
  Scope scope(table->device);
  scope.copy_out(entries, table->bytes + from * ENTRY_BYTES, count * ENTRY_BYTES);
  return scope.status();
}

}  // extern "C"
