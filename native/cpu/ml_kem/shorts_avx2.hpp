// Sixteen coefficients side by side in 256-bit vectors.
#pragma once

#include <immintrin.h>

#include "../../core/ml_kem/field.hpp"

namespace qsdm::ml_kem {

// For each set of eight, the bytes of its members.
struct Members {
  alignas(64) uint8_t of[256][16];
};
constexpr Members make_members() {
  Members members{};
  for (int set = 0; set < 256; set++)
    for (int lane = 0, count = 0; lane < 8; lane++)
      if (set >> lane & 1)
        for (int byte = 0; byte < 2; byte++) members.of[set][count++] = static_cast<uint8_t>(2 * lane + byte);
  return members;
}
constexpr Members MEMBERS = make_members();

struct Shorts16 {
  using Word = __m256i;

  static QSDM_HD_MEMBER Word load(const int16_t *from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i *>(from));
  }
  static QSDM_HD_MEMBER void store(int16_t *to, Word word) {
    _mm256_store_si256(reinterpret_cast<__m256i *>(to), word);
  }
  static QSDM_HD_MEMBER Word splat(int16_t value) { return _mm256_set1_epi16(value); }
  static QSDM_HD_MEMBER Word add(Word a, Word b) { return _mm256_add_epi16(a, b); }
  static QSDM_HD_MEMBER Word sub(Word a, Word b) { return _mm256_sub_epi16(a, b); }

  // montgomery() of a product whose second factor comes with its quotient.
  static QSDM_HD_MEMBER Word multiply(Word a, Word value, Word quotient) {
    const Word lost = _mm256_mulhi_epi16(_mm256_mullo_epi16(a, quotient), splat(Q));
    return sub(_mm256_mulhi_epi16(a, value), lost);
  }
  static QSDM_HD_MEMBER Word reduce(Word a) {
    // The last shift, by ten bits, rounds.
    const Word times = _mm256_mulhrs_epi16(_mm256_mulhi_epi16(a, splat(BARRETT)), splat(32));
    return sub(a, _mm256_mullo_epi16(times, splat(Q)));
  }

  // Of each pair of coefficients the sum of its products, in 32 bits.
  static QSDM_HD_MEMBER Word pair_sums(Word a, Word b) { return _mm256_madd_epi16(a, b); }
  static QSDM_HD_MEMBER Word add_sums(Word a, Word b) { return _mm256_add_epi32(a, b); }
  // montgomery() of sums: those of the first become even coefficients, those of the second odd ones.
  static QSDM_HD_MEMBER Word reduced_pairs(Word even, Word odd) {
    return _mm256_or_si256(_mm256_srli_epi32(divisible(even), 16), divisible(odd));
  }
  static QSDM_HD_MEMBER Word swap_pairs(Word a) {
    return _mm256_or_si256(_mm256_slli_epi32(a, 16), _mm256_srli_epi32(a, 16));
  }
  static QSDM_HD_MEMBER Word even_and_odd(Word even, Word odd) { return _mm256_blend_epi16(even, odd, 0xaa); }

  static QSDM_HD_MEMBER void transpose(Word (&v)[16]) {
    Word a[16], b[16];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
      a[2 * i] = _mm256_unpacklo_epi16(v[2 * i], v[2 * i + 1]);
      a[2 * i + 1] = _mm256_unpackhi_epi16(v[2 * i], v[2 * i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4)
#pragma GCC unroll 2
      for (int half = 0; half < 2; half++) {
        b[i + 2 * half] = _mm256_unpacklo_epi32(a[i + half], a[i + half + 2]);
        b[i + 2 * half + 1] = _mm256_unpackhi_epi32(a[i + half], a[i + half + 2]);
      }
#pragma GCC unroll 2
    for (int i = 0; i < 16; i += 8)
#pragma GCC unroll 4
      for (int four = 0; four < 4; four++) {
        a[i + 2 * four] = _mm256_unpacklo_epi64(b[i + four], b[i + four + 4]);
        a[i + 2 * four + 1] = _mm256_unpackhi_epi64(b[i + four], b[i + four + 4]);
      }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
      v[i] = _mm256_permute2x128_si256(a[i], a[i + 8], 0x20);
      v[i + 8] = _mm256_permute2x128_si256(a[i], a[i + 8], 0x31);
    }
  }

  // take_below_q() for eight at a time, as far as both sides have room; `at` is where it stopped.
  static QSDM_HD_MEMBER int take_below_q(const uint8_t *bytes, int size, int16_t *to, int &at) {
    const __m128i spread = _mm_setr_epi8(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
    int count = 0;
    for (at = 0; at + 16 <= size && count <= N - 8; at += 12) {
      const __m128i in = _mm_loadu_si128(reinterpret_cast<const __m128i *>(bytes + at));
      const __m128i words = _mm_shuffle_epi8(in, spread);
      const __m128i value =
          _mm_and_si128(_mm_blend_epi16(words, _mm_srli_epi16(words, 4), 0xaa), _mm_set1_epi16(0xfff));
      const __m128i below = _mm_cmpgt_epi16(_mm_set1_epi16(Q), value);
      const auto good = static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(below, _mm_setzero_si128())));
      const __m128i members = _mm_load_si128(reinterpret_cast<const __m128i *>(MEMBERS.of[good]));
      _mm_storeu_si128(reinterpret_cast<__m128i *>(to + count), _mm_shuffle_epi8(value, members));
      count += __builtin_popcount(good);
    }
    return count;
  }

 private:
  // The multiples of 2^16 that sums become by taking multiples of q off.
  static QSDM_HD_MEMBER Word divisible(Word sums) {
    const Word quotients = _mm256_mullo_epi16(sums, _mm256_set1_epi32(Q_INVERSE));
    return _mm256_sub_epi32(sums, _mm256_madd_epi16(quotients, _mm256_set1_epi32(Q)));
  }
};

}  // namespace qsdm::ml_kem
