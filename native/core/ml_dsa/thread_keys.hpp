// Making keys ready by many threads of a GPU, a polynomial each.
#pragma once

#include "../secrets.hpp"
#include "keys.hpp"
#include "message.hpp"
#include "packing.hpp"
#include "sampling.hpp"
#include "thread_ntt.hpp"

namespace qsdm::ml_dsa {

// Parts of an expanded public key: the entries of A, the rows of t1, and tr.
template <class P>
constexpr int PUBLIC_PARTS = P::K * P::L + P::K + 1;

template <class P>
QSDM_HD_PART void thread_expand(const uint8_t *key, int part, ExpandedKey<P> &to) {
  constexpr int ENTRIES = P::K * P::L;
  if (part < ENTRIES) {
    sample_entry(key, part / P::L, part % P::L, to.a[part / P::L][part % P::L]);
  } else if (part < ENTRIES + P::K) {
    Poly &row = to.t1[part - ENTRIES];
    unpack<T1_BITS>(t1_of(key, part - ENTRIES), row);
    for (int32_t &value : row.at) value = -(value << D);
    thread_ntt(row);
  } else {
    digest_key<P>(key, to.tr);
  }
}

// Parts of a secret key: the entries of A, the polynomials of s1, s2 and t0, and the bytes that are copied.
template <class P>
constexpr int SECRET_PARTS = P::K * P::L + P::L + 2 * P::K + 1;

// Algorithm 25, skDecode. False where a short coefficient is none: that much may be known.
template <class P>
QSDM_HD_PART bool thread_load(const uint8_t *bytes, int part, SecretKey<P> &to) {
  constexpr int ENTRIES = P::K * P::L, SHORTS = ENTRIES + P::L + P::K;
  if (part < ENTRIES) {
    sample_entry(bytes, part / P::L, part % P::L, to.a[part / P::L][part % P::L]);
  } else if (part < SHORTS) {
    const int i = part - ENTRIES;
    Poly &poly = i < P::L ? to.s1[i] : to.s2[i - P::L];
    unpack<ETA_BITS>(short_vectors_of(bytes) + i * packed_bytes(ETA_BITS), poly);
    int32_t wrong = 0;
    for (int32_t &value : poly.at) {
      wrong |= 2 * ETA - value;
      value = ETA - value;
    }
    thread_ntt(poly);
    return declassified(wrong >= 0);
  } else if (part < SHORTS + P::K) {
    Poly &row = to.t0[part - SHORTS];
    unpack<T0_BITS>(t0_of<P>(bytes) + (part - SHORTS) * packed_bytes(T0_BITS), row);
    for (int32_t &value : row.at) value = (1 << (D - 1)) - value;
    thread_ntt(row);
  } else {
    memcpy(to.hedge_key, bytes + SEED_BYTES, SEED_BYTES);
    memcpy(to.tr, bytes + 2 * SEED_BYTES, TR_BYTES);
    declassify(to.tr, TR_BYTES);
  }
  return true;
}

}  // namespace qsdm::ml_dsa
