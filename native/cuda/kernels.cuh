// One thread each: a message, a segment of the table, a walk, an attempt. The bodies are core/thread.hpp.
#pragma once

#include "../core/thread.hpp"

namespace qsdm {

constexpr unsigned BLOCK_THREADS = 128;

__device__ inline uint64_t thread_number() { return uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; }

__global__ void __launch_bounds__(BLOCK_THREADS)
    sha3_kernel(const uint8_t *messages, const uint32_t *ends, size_t count, uint8_t *digests) {
  const uint64_t i = thread_number();
  if (i >= count) return;
  const uint32_t start = i == 0 ? 0 : ends[i - 1];
  thread_hash(messages + start, ends[i] - start, digests + 32 * i);
}

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

template <int Mix>
__global__ void __launch_bounds__(BLOCK_THREADS, Mix == 1 ? 6 : 4)
    walk_kernel(const uint8_t *table, uint64_t entries, const uint8_t *starts, size_t count, uint8_t *mixes) {
  const uint64_t i = thread_number();
  if (i >= count) return;
  uint64_t start[6], mix[4];
  for (int word = 0; word < 6; word++) start[word] = load_word(starts + i * START_BYTES + 8 * word);
  thread_walk<Mix>(table, entries, start, mix);
  for (int word = 0; word < 4; word++) store_word(mixes + i * ENTRY_BYTES + 8 * word, mix[word]);
}

// Leaves the smallest number of an attempt that is a solution in `found`, which starts as `count`.
template <int Mix>
__global__ void __launch_bounds__(BLOCK_THREADS, Mix == 1 ? 5 : 4)
    search_kernel(ThreadJob job, uint64_t nonce_low, uint64_t nonce_high, unsigned long long count,
                  unsigned long long *found) {
  const unsigned long long i = thread_number();
  if (i >= count) return;
  const uint64_t low = nonce_low + i;
  uint64_t mix[4];
  if (thread_attempt<Mix>(job, low, nonce_high + (low < nonce_low), mix)) atomicMin(found, i);
}

}  // namespace qsdm
