// The host's side: memory on the device, launches, and what comes back.
#include "../include/qsdm_cuda.h"

#include <new>

#include "kernels.cuh"

using namespace qsdm;

struct qsdm_cuda_table {
  int device;
  uint8_t *bytes;
  uint64_t entries;
};

namespace {

// Attempts of one launch: some tens of milliseconds of a large device, so that a search that is not wanted ends soon.
constexpr uint64_t LAUNCH_ATTEMPTS = uint64_t{1} << 20;

// Memory on the device, freed with the scope. The first failure sticks; calls after it do nothing.
class Scope {
 public:
  explicit Scope(int device) { check(cudaSetDevice(device)); }
  Scope(const Scope &) = delete;
  ~Scope() {
    for (int i = 0; i < held_; i++) cudaFree(blocks_[i]);
  }

  template <class T>
  T *allocate(size_t count) {
    T *block = nullptr;
    if (ok() && check(cudaMalloc(&block, (count ? count : 1) * sizeof(T)))) blocks_[held_++] = block;
    return block;
  }
  template <class T>
  T *copy_in(const T *from, size_t count) {
    T *block = allocate<T>(count);
    if (ok()) check(cudaMemcpy(block, from, count * sizeof(T), cudaMemcpyHostToDevice));
    return block;
  }
  template <class T>
  void copy_out(T *to, const T *block, size_t count) {
    if (ok()) check(cudaMemcpy(to, block, count * sizeof(T), cudaMemcpyDeviceToHost));
  }
  // After a launch: whether it could be made.
  void launched() {
    if (ok()) check(cudaGetLastError());
  }
  bool check(cudaError_t status) {
    if (ok()) status_ = status;
    return ok();
  }
  // The caller's from now on.
  void release() { held_ = 0; }
  bool ok() const { return status_ == 0; }
  int status() const { return status_; }

 private:
  void *blocks_[4];
  int held_ = 0;
  int status_ = 0;
};

unsigned blocks_for(uint64_t threads) { return static_cast<unsigned>((threads + BLOCK_THREADS - 1) / BLOCK_THREADS); }

}  // namespace

extern "C" {

int qsdm_cuda_devices(const char **why_none) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) count = 0;
  // No driver, or one that is too old for this runtime, is as good as no device.
  *why_none = count > 0 ? nullptr : status == cudaSuccess ? "no CUDA device" : cudaGetErrorString(status);
  return count;
}

const char *qsdm_cuda_status_text(int status) {
  return status == QSDM_CUDA_WRONG_CHECKPOINTS ? "the checkpoints are wrong"
                                               : cudaGetErrorString(static_cast<cudaError_t>(status));
}

int qsdm_cuda_sha3(int device, const uint8_t *messages, const uint32_t *ends, size_t count, uint8_t *digests) {
  if (count == 0) return 0;
  Scope scope(device);
  const uint8_t *all = scope.copy_in(messages, ends[count - 1]);
  const uint32_t *all_ends = scope.copy_in(ends, count);
  uint8_t *out = scope.allocate<uint8_t>(32 * count);
  if (scope.ok()) sha3_kernel<<<blocks_for(count), BLOCK_THREADS>>>(all, all_ends, count, out);
  scope.launched();
  scope.copy_out(digests, out, 32 * count);
  return scope.status();
}

int qsdm_cuda_table_create(int device, const qsdm_dag *checkpoints, qsdm_cuda_table **table) {
  const auto [marks, entries, interval] = *checkpoints;
  const uint64_t segments = (entries + interval - 1) / interval;
  Scope lasting(device), scope(device);
  auto *bytes = interval == 1 ? lasting.copy_in(marks, entries * ENTRY_BYTES)
                              : lasting.allocate<uint8_t>(entries * ENTRY_BYTES);
  const uint8_t *on_device = scope.copy_in(marks, segments * ENTRY_BYTES);
  const int right = 0;
  int wrong = 0;
  int *wrong_on_device = scope.copy_in(&right, 1);
  scope.check(static_cast<cudaError_t>(lasting.status()));
  if (scope.ok() && interval > 1)
    segment_kernel<<<blocks_for(segments), BLOCK_THREADS>>>(on_device, entries, interval, bytes, wrong_on_device);
  scope.launched();
  scope.copy_out(&wrong, wrong_on_device, 1);
  if (!scope.ok()) return scope.status();
  if (wrong) return QSDM_CUDA_WRONG_CHECKPOINTS;
  *table = new (std::nothrow) qsdm_cuda_table{device, bytes, entries};
  if (!*table) return cudaErrorMemoryAllocation;
  lasting.release();
  return 0;
}

void qsdm_cuda_table_destroy(qsdm_cuda_table *table) {
  if (!table) return;
  cudaSetDevice(table->device);
  cudaFree(table->bytes);
  delete table;
}

int qsdm_cuda_table_read(const qsdm_cuda_table *table, uint64_t from, uint64_t count, uint8_t *entries) {
  Scope scope(table->device);
  scope.copy_out(entries, table->bytes + from * ENTRY_BYTES, count * ENTRY_BYTES);
  return scope.status();
}

int qsdm_cuda_walk(const qsdm_cuda_table *table, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes) {
  if (count == 0) return 0;
  Scope scope(table->device);
  const uint8_t *in = scope.copy_in(starts, count * START_BYTES);
  uint8_t *out = scope.allocate<uint8_t>(count * ENTRY_BYTES);
  const auto kernel = mix == QSDM_MIX_PLAIN ? walk_kernel<QSDM_MIX_PLAIN> : walk_kernel<QSDM_MIX_TENSOR>;
  if (scope.ok()) kernel<<<blocks_for(count), BLOCK_THREADS>>>(table->bytes, table->entries, in, count, out);
  scope.launched();
  scope.copy_out(mixes, out, count * ENTRY_BYTES);
  return scope.status();
}

int qsdm_cuda_search(const qsdm_cuda_table *table, const qsdm_search *job, const uint8_t *start, uint64_t attempts,
                     qsdm_found *found) {
  const ThreadJob mine = thread_job(job->header_hash, job->batch_root, job->limit, table->bytes, table->entries);
  const auto kernel = job->mix == QSDM_MIX_PLAIN ? search_kernel<QSDM_MIX_PLAIN> : search_kernel<QSDM_MIX_TENSOR>;
  found->attempts = 0;
  found->found = 0;
  Scope scope(table->device);
  auto *first_on_device = scope.allocate<unsigned long long>(1);
  while (scope.ok() && !found->found && found->attempts < attempts) {
    if (job->board && __atomic_load_n(job->board, __ATOMIC_RELAXED) != job->wanted) break;
    const uint64_t left = attempts - found->attempts;
    const unsigned long long count = left < LAUNCH_ATTEMPTS ? left : LAUNCH_ATTEMPTS;
    const uint64_t low = load_word(start) + found->attempts;
    const uint64_t high = load_word(start + 8) + (low < found->attempts);
    unsigned long long first = count;
    if (!scope.check(cudaMemcpy(first_on_device, &first, sizeof first, cudaMemcpyHostToDevice))) break;
    kernel<<<blocks_for(count), BLOCK_THREADS>>>(mine, low, high, count, first_on_device);
    scope.launched();
    scope.copy_out(&first, first_on_device, 1);
    if (!scope.ok()) break;
    if (first == count) {
      found->attempts += count;
      continue;
    }
    found->attempts += first + 1;
    found->found = 1;
    store_word(found->nonce, low + first);
    store_word(found->nonce + 8, high + (low + first < low));
  }
  if (!scope.ok() || !found->found) return scope.status();
  uint8_t begin[START_BYTES];
  memcpy(begin, job->header_hash, 32);
  memcpy(begin + 32, found->nonce, QSDM_NONCE_BYTES);
  return qsdm_cuda_walk(table, job->mix, begin, 1, found->mix);
}

}  // extern "C"
