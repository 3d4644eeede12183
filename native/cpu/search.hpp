// The search over a range of nonces, in order.
#pragma once

#include "walk.hpp"

namespace qsdm {

constexpr int NONCE_BYTES = QSDM_NONCE_BYTES;

// The nonce after `nonce`: a 128-bit little-endian integer that wraps.
QSDM_HD void next_nonce(uint8_t *nonce) {
  const uint64_t low = load_word(nonce) + 1;
  store_word(nonce, low);
  if (low == 0) store_word(nonce + 8, load_word(nonce + 8) + 1);
}

// Whether the hash in four little-endian words is at most `limit`, both as big-endian integers.
QSDM_HD bool is_at_most(const uint8_t *hash, const uint8_t *limit) { return memcmp(hash, limit, ENTRY_BYTES) <= 0; }

// The hash that has to stay below the target, over header hash, nonce, batch root and mix digest.
template <class L>
void pow_hashes(const qsdm_search &job, const uint8_t *starts, const uint8_t *mixes, size_t count, uint8_t *hashes) {
  constexpr int width = L::width;
  typename L::Word root[4];
  for (int i = 0; i < 4; i++) root[i] = L::splat(load_word(job.batch_root + 8 * i));
  for (size_t at = 0; at < count; at += width) {
    typename L::Word s[25];
    const auto rows_of = [&](const uint8_t *from, size_t stride, const uint8_t **rows) {
      for (size_t i = 0; i < width; i++) rows[i] = from + (at + i < count ? at + i : count - 1) * stride;
    };
    const uint8_t *rows[width];
    rows_of(starts, START_BYTES, rows);
    L::load4(rows, s);
    rows_of(starts + 32, START_BYTES, rows);
    s[4] = L::load1(rows);
    rows_of(starts + 40, START_BYTES, rows);
    s[5] = L::load1(rows);
    for (int i = 0; i < 4; i++) s[6 + i] = root[i];
    rows_of(mixes, ENTRY_BYTES, rows);
    L::load4(rows, s + 10);
    hash_block<L, 14>(s);
    uint8_t digests[width][ENTRY_BYTES];
    uint8_t *out[width];
    for (int i = 0; i < width; i++) out[i] = digests[i];
    L::store4(out, s);
    for (size_t i = 0; i < width && at + i < count; i++)
      memcpy(hashes + (at + i) * ENTRY_BYTES, digests[i], ENTRY_BYTES);
  }
}

template <class L, class Single>
void search_nonces(const qsdm_search &job, const uint8_t *start, uint64_t attempts, qsdm_found &found) {
  constexpr size_t together = 2 * L::width;
  uint8_t starts[together * START_BYTES], mixes[together * ENTRY_BYTES], hashes[together * ENTRY_BYTES];
  uint8_t nonce[NONCE_BYTES];
  memcpy(nonce, start, NONCE_BYTES);
  found.attempts = 0;
  found.found = 0;
  while (found.attempts < attempts) {
    if (job.board && __atomic_load_n(job.board, __ATOMIC_RELAXED) != job.wanted) return;
    const uint64_t left = attempts - found.attempts;
    const size_t count = left < together ? static_cast<size_t>(left) : together;
    for (size_t i = 0; i < count; i++) {
      memcpy(starts + i * START_BYTES, job.header_hash, 32);
      memcpy(starts + i * START_BYTES + 32, nonce, NONCE_BYTES);
      next_nonce(nonce);
    }
    walk_table<L, Single>(job.table, job.mix, starts, count, mixes);
    pow_hashes<L>(job, starts, mixes, count, hashes);
    for (size_t i = 0; i < count; i++) {
      found.attempts++;
      if (!is_at_most(hashes + i * ENTRY_BYTES, job.limit)) continue;
      found.found = 1;
      memcpy(found.nonce, starts + i * START_BYTES + 32, NONCE_BYTES);
      memcpy(found.mix, mixes + i * ENTRY_BYTES, ENTRY_BYTES);
      return;
    }
  }
}

}  // namespace qsdm
