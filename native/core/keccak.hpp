// Keccak-f[1600] of FIPS 202 over any kind of lane: one state in 64-bit integers, or several side by side in vectors.
//
// A kind of lane `L` brings its `Word` and the operations on it: xor2, xor3, chi, rol<n> and splat. The step mappings are
// those of section 3.2; rho and pi are derived from their definitions, so that no table can have a wrong number in it.
#pragma once

#include "host_device.hpp"

namespace qsdm {

// Lane (x, y) is word x + 5 y (section 3.1.2).
struct Offsets {
  int of[25];
};

// Section 3.2.2, algorithm 2: the offsets of rho, modulo the lane's 64 bits.
QSDM_HD constexpr Offsets rho_offsets() {
  Offsets offsets{};
  int x = 1, y = 0;
  for (int t = 0; t < 24; t++) {
    offsets.of[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
    const int next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
  }
  return offsets;
}

// Section 3.2.3, algorithm 3, read backwards: which word arrives at (x, y).
QSDM_HD constexpr int pi_source(int x, int y) { return (x + 3 * y) % 5 + 5 * x; }

struct RoundConstants {
  uint64_t of[24];
};

// Section 3.2.5, algorithms 5 and 6.
QSDM_HD constexpr RoundConstants round_constants() {
  RoundConstants constants{};
  unsigned lfsr = 1;
  for (int round = 0; round < 24; round++)
    for (int j = 0; j < 7; j++) {
      if (lfsr & 1) constants.of[round] |= uint64_t{1} << ((1 << j) - 1);
      lfsr = (lfsr << 1) ^ (lfsr & 0x80 ? 0x171 : 0);
    }
  return constants;
}

// Word (x, y) after theta, rho and pi.
template <class L, int X, int Y>
QSDM_HD typename L::Word moved(const typename L::Word (&a)[25], const typename L::Word (&d)[5]) {
  constexpr int from = pi_source(X, Y);
  constexpr int by = rho_offsets().of[from];
  return L::template rol<by>(L::xor2(a[from], d[from % 5]));
}

// Row `Y` after chi.
template <class L, int Y>
QSDM_HD void mix_row(const typename L::Word (&a)[25], const typename L::Word (&d)[5], typename L::Word (&out)[25]) {
  const auto b0 = moved<L, 0, Y>(a, d);
  const auto b1 = moved<L, 1, Y>(a, d);
  const auto b2 = moved<L, 2, Y>(a, d);
  const auto b3 = moved<L, 3, Y>(a, d);
  const auto b4 = moved<L, 4, Y>(a, d);
  out[5 * Y] = L::chi(b0, b1, b2);
  out[5 * Y + 1] = L::chi(b1, b2, b3);
  out[5 * Y + 2] = L::chi(b2, b3, b4);
  out[5 * Y + 3] = L::chi(b3, b4, b0);
  out[5 * Y + 4] = L::chi(b4, b0, b1);
}

template <class L>
QSDM_HD void keccak_round(const typename L::Word (&a)[25], typename L::Word (&out)[25], uint64_t constant) {
  using Word = typename L::Word;
  const Word c0 = L::xor3(L::xor3(a[0], a[5], a[10]), a[15], a[20]);
  const Word c1 = L::xor3(L::xor3(a[1], a[6], a[11]), a[16], a[21]);
  const Word c2 = L::xor3(L::xor3(a[2], a[7], a[12]), a[17], a[22]);
  const Word c3 = L::xor3(L::xor3(a[3], a[8], a[13]), a[18], a[23]);
  const Word c4 = L::xor3(L::xor3(a[4], a[9], a[14]), a[19], a[24]);
  const Word d[5] = {
      L::xor2(c4, L::template rol<1>(c1)), L::xor2(c0, L::template rol<1>(c2)), L::xor2(c1, L::template rol<1>(c3)),
      L::xor2(c2, L::template rol<1>(c4)), L::xor2(c3, L::template rol<1>(c0)),
  };
  mix_row<L, 0>(a, d, out);
  out[0] = L::xor2(out[0], L::splat(constant));
  mix_row<L, 1>(a, d, out);
  mix_row<L, 2>(a, d, out);
  mix_row<L, 3>(a, d, out);
  mix_row<L, 4>(a, d, out);
}

#if defined(__CUDACC__)
// In a function it would be copied to every thread's stack.
static __constant__ const RoundConstants DEVICE_ROUND_CONSTANTS = round_constants();
#endif

QSDM_HD uint64_t round_constant(int round) {
#if defined(__CUDA_ARCH__)
  return DEVICE_ROUND_CONSTANTS.of[round];
#else
  constexpr RoundConstants constants = round_constants();
  return constants.of[round];
#endif
}

// Two rounds are the body of the loop: all 24 in a row overflow the instruction caches.
template <class L>
QSDM_HD void keccak_f(typename L::Word (&s)[25]) {
  typename L::Word other[25];
  for (int round = 0; round < 24; round += 2) {
    keccak_round<L>(s, other, round_constant(round));
    keccak_round<L>(other, s, round_constant(round + 1));
  }
}

// Suffix and first bit of the padding (section 6.1, 6.2 and B.2), and the last bit, as bytes.
constexpr uint64_t SHA3_SUFFIX = 0x06;
constexpr uint64_t SHAKE_SUFFIX = 0x1f;
constexpr uint64_t LAST_BIT = uint64_t{1} << 63;
// Words of a block of SHA3-256 and SHAKE256.
constexpr int RATE_WORDS = 17;

// Hashes one block whose first `Words` words are in `s`: pads it, permutes it, and leaves the digest in front.
template <class L, int Words>
QSDM_HD void hash_block(typename L::Word (&s)[25], uint64_t suffix = SHA3_SUFFIX) {
  static_assert(Words < RATE_WORDS, "the padding takes a word of its own");
  s[Words] = L::splat(suffix);
  for (int i = Words + 1; i < 25; i++) s[i] = L::splat(i == RATE_WORDS - 1 ? LAST_BIT : 0);
  if (Words == RATE_WORDS - 1) s[Words] = L::splat(suffix | LAST_BIT);
  keccak_f<L>(s);
}

}  // namespace qsdm
