// Eight coefficients side by side in 256-bit vectors.
#pragma once

#include <immintrin.h>

#include "../../core/ml_dsa/field.hpp"

namespace qsdm::ml_dsa {

// For each set of eight, the places of its members, then anything.
struct Members {
  alignas(64) uint8_t of[256][8];
};
constexpr Members make_members() {
  Members members{};
  for (int set = 0; set < 256; set++)
    for (int lane = 0, count = 0; lane < 8; lane++)
      if (set >> lane & 1) members.of[set][count++] = static_cast<uint8_t>(lane);
  return members;
}
constexpr Members MEMBERS = make_members();

struct Ints8 {
  using Word = __m256i;
  static constexpr int width = 8;
  // Sums of products, of even and of odd places.
  struct Wide {
    __m256i even, odd;
  };

  static QSDM_HD_MEMBER Word load(const int32_t *from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
  }
  static QSDM_HD_MEMBER void store(int32_t *to, Word word) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), word);
  }
  static QSDM_HD_MEMBER Word splat(int32_t value) { return _mm256_set1_epi32(value); }
  static QSDM_HD_MEMBER Word add(Word a, Word b) { return _mm256_add_epi32(a, b); }
  static QSDM_HD_MEMBER Word sub(Word a, Word b) { return _mm256_sub_epi32(a, b); }

  // montgomery() of a product whose second factor comes with its quotient.
  static QSDM_HD_MEMBER Word multiply(Word a, Word value, Word quotient) {
    const Word a_odd = _mm256_srli_epi64(a, 32), q = splat(Q);
    const Wide product = {_mm256_mul_epi32(a, value), _mm256_mul_epi32(a_odd, _mm256_srli_epi64(value, 32))};
    const Word even = _mm256_mul_epi32(_mm256_mul_epi32(a, quotient), q);
    const Word odd = _mm256_mul_epi32(_mm256_mul_epi32(a_odd, _mm256_srli_epi64(quotient, 32)), q);
    return high_halves({_mm256_sub_epi64(product.even, even), _mm256_sub_epi64(product.odd, odd)});
  }
  static QSDM_HD_MEMBER Wide nothing() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  static QSDM_HD_MEMBER Wide product(Word a, Word b) {
    return {_mm256_mul_epi32(a, b), _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32))};
  }
  static QSDM_HD_MEMBER Wide add(Wide a, Wide b) {
    return {_mm256_add_epi64(a.even, b.even), _mm256_add_epi64(a.odd, b.odd)};
  }
  static QSDM_HD_MEMBER Wide sub(Wide a, Wide b) {
    return {_mm256_sub_epi64(a.even, b.even), _mm256_sub_epi64(a.odd, b.odd)};
  }
  // montgomery() of each.
  static QSDM_HD_MEMBER Word reduced(Wide a) {
    const Word inverse = splat(static_cast<int32_t>(Q_INVERSE)), q = splat(Q);
    const Word even = _mm256_mul_epi32(_mm256_mul_epi32(a.even, inverse), q);
    const Word odd = _mm256_mul_epi32(_mm256_mul_epi32(a.odd, inverse), q);
    return high_halves({_mm256_sub_epi64(a.even, even), _mm256_sub_epi64(a.odd, odd)});
  }

  static QSDM_HD_MEMBER void transpose(Word (&v)[8]) {
    Word pairs[8], fours[8];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      pairs[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
      pairs[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
      fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
      fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
      fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
      fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      v[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
      v[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
    }
  }

  // take_below_q() for whole vectors, as far as one fits both sides; `at` is where it stopped.
  static QSDM_HD_MEMBER int take_below_q(const uint8_t *bytes, int size, int32_t *to, int count, int &at) {
    const Word spread = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, 0, 1, 2, -1, 3, 4, 5, -1,
                                         6, 7, 8, -1, 9, 10, 11, -1);
    const Word halves = _mm256_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0);
    for (at = 0; at + 32 <= size && count <= N - width; at += 24) {
      const Word in = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(bytes + at));
      const Word value = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_permutevar8x32_epi32(in, halves), spread),
                                          splat(0x7fffff));
      const auto good = static_cast<unsigned>(
          _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(splat(Q), value))));
      const Word places = _mm256_cvtepu8_epi32(
          _mm_loadl_epi64(reinterpret_cast<const __m128i *>(MEMBERS.of[good])));
      store(to + count, _mm256_permutevar8x32_epi32(value, places));
      count += __builtin_popcount(good);
    }
    return count;
  }

 private:
  static QSDM_HD_MEMBER Word high_halves(Wide a) {
    return _mm256_blend_epi32(_mm256_srli_epi64(a.even, 32), a.odd, 0xaa);
  }
};

}  // namespace qsdm::ml_dsa
