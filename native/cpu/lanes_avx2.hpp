// Four states side by side in 256-bit vectors.
#pragma once

#include <immintrin.h>

#include "../core/one.hpp"

namespace qsdm {

struct Avx2 {
  using Word = __m256i;
  static constexpr int width = 4;

  static QSDM_HD_MEMBER Word splat(uint64_t value) { return _mm256_set1_epi64x(static_cast<long long>(value)); }
  static QSDM_HD_MEMBER Word xor2(Word a, Word b) { return _mm256_xor_si256(a, b); }
  static QSDM_HD_MEMBER Word xor3(Word a, Word b, Word c) { return xor2(xor2(a, b), c); }
  static QSDM_HD_MEMBER Word chi(Word a, Word b, Word c) { return _mm256_xor_si256(a, _mm256_andnot_si256(b, c)); }
  template <int By>
  static QSDM_HD_MEMBER Word rol(Word a) {
    if constexpr (By == 0) return a;
    // Whole bytes move in one shuffle.
    if constexpr (By == 8)
      return _mm256_shuffle_epi8(a, _mm256_set_epi8(14, 13, 12, 11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7, 14, 13, 12,
                                                    11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7));
    if constexpr (By == 56)
      return _mm256_shuffle_epi8(a, _mm256_set_epi8(8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1, 8, 15, 14, 13,
                                                    12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1));
    return _mm256_or_si256(_mm256_slli_epi64(a, By), _mm256_srli_epi64(a, 64 - By));
  }

  static QSDM_HD_MEMBER Word load1(const uint8_t *const *rows) {
    uint64_t words[4];
    for (int i = 0; i < 4; i++) words[i] = load_word(rows[i]);
    return load(words);
  }
  static QSDM_HD_MEMBER void load4(const uint8_t *const *rows, Word *words) {
    Word in[4];
    for (int i = 0; i < 4; i++) in[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(rows[i]));
    transpose(in, words);
  }
  static QSDM_HD_MEMBER void store4(uint8_t *const *rows, const Word *words) {
    Word out[4];
    transpose(words, out);
    for (int i = 0; i < 4; i++) _mm256_storeu_si256(reinterpret_cast<__m256i *>(rows[i]), out[i]);
  }
  static QSDM_HD_MEMBER Word load(const uint64_t *from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
  }
  static QSDM_HD_MEMBER void store(uint64_t *to, Word word) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), word);
  }

 private:
  static QSDM_HD_MEMBER void transpose(const Word *in, Word *out) {
    const Word a = _mm256_unpacklo_epi64(in[0], in[1]), b = _mm256_unpackhi_epi64(in[0], in[1]);
    const Word c = _mm256_unpacklo_epi64(in[2], in[3]), d = _mm256_unpackhi_epi64(in[2], in[3]);
    out[0] = _mm256_permute2x128_si256(a, c, 0x20);
    out[1] = _mm256_permute2x128_si256(b, d, 0x20);
    out[2] = _mm256_permute2x128_si256(a, c, 0x31);
    out[3] = _mm256_permute2x128_si256(b, d, 0x31);
  }
};

}  // namespace qsdm
