// A public key made ready.
#pragma once

#include "../../core/ml_dsa/keys.hpp"
#include "../../core/ml_dsa/packing.hpp"
#include "../../core/ml_dsa/sampling.hpp"
#include "../shake_lanes.hpp"

namespace qsdm::ml_dsa {

// Words of a block of SHAKE128, and blocks that nearly always hold 256 integers below q.
constexpr int SHAKE128_WORDS = SHAKE128_RATE / 8;
constexpr int USUAL_BLOCKS = 5;

// Entries of A from number `first` on, counted row by row, as many as there are lanes; those from `count` on are repeated.
template <class P, class L, class A>
QSDM_HD_PART void expand_entries(const uint8_t *rho, int first, Poly *a) {
  constexpr int W = L::width;
  constexpr int COUNT = P::K * P::L;
  typename L::Word s[25];
  for (int i = 0; i < 4; i++) s[i] = L::splat(load_word(rho + 8 * i));
  uint64_t places[W];
  for (int lane = 0; lane < W; lane++) {
    const int number = first + lane < COUNT ? first + lane : first;
    places[lane] = static_cast<uint64_t>(number % P::L | number / P::L << 8) | SHAKE_SUFFIX << 16;
  }
  s[4] = L::load(places);
  for (int i = 5; i < 25; i++) s[i] = L::splat(i == SHAKE128_WORDS - 1 ? LAST_BIT : 0);
  // A block is stored in runs of four words, so each one's end is written over by the next one.
  alignas(64) uint8_t blocks[W][USUAL_BLOCKS * SHAKE128_RATE + 64];
  for (int block = 0; block < USUAL_BLOCKS; block++) {
    keccak_f<L>(s);
    uint8_t *to[W];
    for (int lane = 0; lane < W; lane++) to[lane] = blocks[lane] + block * SHAKE128_RATE;
    store_lanes<L>(s, SHAKE128_WORDS, to);
  }
  for (int lane = 0; lane < W && first + lane < COUNT; lane++) {
    const int number = first + lane;
    if (A::take_below_q(blocks[lane], USUAL_BLOCKS * SHAKE128_RATE, a[number].at) < N)
      sample_entry(rho, number / P::L, number % P::L, a[number]);
  }
}

template <class P, class L, class A>
QSDM_HD_PART void expand_matrix(const uint8_t *rho, Poly (&a)[P::K][P::L]) {
  for (int first = 0; first < P::K * P::L; first += L::width) expand_entries<P, L, A>(rho, first, a[0]);
}

// All of it but the digest.
template <class P, class L, class A>
QSDM_HD_PART void expand_key(const uint8_t *key, ExpandedKey<P> &to) {
  expand_matrix<P, L, A>(key, to.a);
  for (int row = 0; row < P::K; row++) {
    unpack<T1_BITS>(t1_of(key, row), to.t1[row]);
    for (int32_t &value : to.t1[row].at) value = -(value << D);
    A::ntt(to.t1[row]);
  }
}

}  // namespace qsdm::ml_dsa
