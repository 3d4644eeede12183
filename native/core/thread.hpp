// What one thread of a GPU does: one message, one run of entries, one walk, one attempt. The CPU runs the same text over
// the vectors.
#pragma once

#include "fp16.hpp"
#include "pow.hpp"

namespace qsdm {

// The lane of a thread.
using Thread = One<1>;

// A search as a thread reads it: words as SHA3 takes them, and the limit as four numbers, the highest first.
struct ThreadJob {
  uint64_t header_hash[4];
  uint64_t batch_root[4];
  uint64_t limit[4];
  const uint8_t *table;
  uint64_t entries;
};

QSDM_HD void load_entry(const uint8_t *from, uint64_t (&entry)[4]) {
#if defined(__CUDA_ARCH__)
  // Device memory is aligned, and two loads of 16 bytes are one sector.
  const auto *halves = reinterpret_cast<const ulonglong2 *>(from);
  const ulonglong2 low = __ldg(halves), high = __ldg(halves + 1);
  entry[0] = low.x;
  entry[1] = low.y;
  entry[2] = high.x;
  entry[3] = high.y;
#else
  for (int i = 0; i < 4; i++) entry[i] = load_word(from + 8 * i);
#endif
}

QSDM_HD ThreadJob thread_job(const uint8_t *header_hash, const uint8_t *batch_root, const uint8_t *limit,
                             const uint8_t *table, uint64_t entries) {
  ThreadJob job{};
  for (int i = 0; i < 4; i++) {
    job.header_hash[i] = load_word(header_hash + 8 * i);
    job.batch_root[i] = load_word(batch_root + 8 * i);
    job.limit[i] = swap64(load_word(limit + 8 * i));
  }
  job.table = table;
  job.entries = entries;
  return job;
}

QSDM_HD void store_entry(uint8_t *to, const uint64_t (&entry)[4]) {
#if defined(__CUDA_ARCH__)
  auto *halves = reinterpret_cast<ulonglong2 *>(to);
  halves[0] = make_ulonglong2(entry[0], entry[1]);
  halves[1] = make_ulonglong2(entry[2], entry[3]);
#else
  for (int i = 0; i < 4; i++) store_word(to + 8 * i, entry[i]);
#endif
}

// The tensor step's product. Words of the matrix are used as SHAKE256 gives them, so none is kept: 512 bytes for each
// thread would not fit beside the others'.
QSDM_HD void thread_product(const uint64_t (&mix)[4], const uint64_t (&entry)[4], uint64_t (&product)[4]) {
  uint64_t s[25];
  begin_matrix<Thread>(mix, s);
  Product rows;
  rows.begin(entry);
  for (uint64_t &word : product) word = 0;
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
  for (int from = 0; from < 64; from += RATE_WORDS) {
    keccak_f<Thread>(s);
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
    for (int i = 0; i < RATE_WORDS; i++)
      if (from + i < 64) rows.take(s[i], from + i, product);
  }
}

template <int Mix>
QSDM_HD void thread_walk(const uint8_t *table, uint64_t entries, const uint64_t (&start)[6], uint64_t (&mix)[4]) {
  first_mix<Thread>(start, mix);
#if defined(__CUDA_ARCH__)
#pragma unroll 1
#endif
  for (int done = 0; done < WALK_STEPS; done++) {
    uint64_t entry[4];
    load_entry(table + index_of(mix[0], entries) * ENTRY_BYTES, entry);
    if constexpr (Mix == 1) {
      plain_step<Thread>(mix, entry);
    } else {
      uint64_t product[4];
      thread_product(mix, entry, product);
      tensor_step<Thread>(mix, entry, product);
    }
  }
}

// Whether the nonce is a solution; `mix` is its mix digest either way.
template <int Mix>
QSDM_HD bool thread_attempt(const ThreadJob &job, uint64_t nonce_low, uint64_t nonce_high, uint64_t (&mix)[4]) {
  uint64_t start[6];
  for (int i = 0; i < 4; i++) start[i] = job.header_hash[i];
  start[4] = nonce_low;
  start[5] = nonce_high;
  thread_walk<Mix>(job.table, job.entries, start, mix);
  uint64_t s[25];
  for (int i = 0; i < 6; i++) s[i] = start[i];
  for (int i = 0; i < 4; i++) s[6 + i] = job.batch_root[i];
  for (int i = 0; i < 4; i++) s[10 + i] = mix[i];
  hash_block<Thread, 14>(s);
  for (int i = 0; i < 4; i++) {
    const uint64_t word = swap64(s[i]);
    if (word != job.limit[i]) return word < job.limit[i];
  }
  return true;
}

// Computes `count` entries from `index` on; `entry` is the one before, and the last one after.
QSDM_HD void thread_extend(uint64_t (&entry)[4], uint64_t index, uint64_t count, uint8_t *into) {
  for (uint64_t done = 0; done < count; done++) {
    next_entry<Thread>(entry, index + done);
    store_entry(into + done * ENTRY_BYTES, entry);
  }
}

// SHA3-256 of a message of any length at any address.
QSDM_HD void thread_hash(const uint8_t *message, uint64_t size, uint8_t *digest) {
  uint64_t s[25];
  for (int i = 0; i < 25; i++) s[i] = 0;
  constexpr uint64_t rate = 8 * RATE_WORDS;
  for (bool last = false; !last; message += rate, size -= rate) {
    last = size < rate;
    for (uint64_t i = 0; i < RATE_WORDS; i++) {
      uint64_t word = 0;
      for (uint64_t byte = 0; byte < 8; byte++) {
        const uint64_t at = 8 * i + byte;
        const uint64_t value = at < size ? message[at] : last && at == size ? SHA3_SUFFIX : 0;
        word |= value << 8 * byte;
      }
      s[i] ^= word;
    }
    if (last) s[RATE_WORDS - 1] ^= LAST_BIT;
    keccak_f<Thread>(s);
    if (last) break;
  }
  for (int i = 0; i < 4; i++) store_word(digest + 8 * i, s[i]);
}

}  // namespace qsdm
