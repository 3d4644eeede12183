// Eight states side by side in 512-bit vectors, which have the rotation and the three-operand logic that Keccak wants.
#pragma once

#include <immintrin.h>

#include "../core/one.hpp"

namespace qsdm {

struct Avx512 {
  using Word = __m512i;
  static constexpr int width = 8;

  static QSDM_HD_MEMBER Word splat(uint64_t value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
  static QSDM_HD_MEMBER Word xor2(Word a, Word b) { return _mm512_xor_si512(a, b); }
  static QSDM_HD_MEMBER Word xor3(Word a, Word b, Word c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
  // Truth table of a ^ (~b & c).
  static QSDM_HD_MEMBER Word chi(Word a, Word b, Word c) { return _mm512_ternarylogic_epi64(a, b, c, 0xd2); }
  template <int By>
  static QSDM_HD_MEMBER Word rol(Word a) {
    return _mm512_rol_epi64(a, By);
  }

  static QSDM_HD_MEMBER Word load1(const uint8_t *const *rows) {
    uint64_t words[8];
    for (int i = 0; i < 8; i++) words[i] = load_word(rows[i]);
    return load(words);
  }
  static QSDM_HD_MEMBER void load4(const uint8_t *const *rows, Word *words) {
    Word in[4];
    for (int i = 0; i < 4; i++) {
      const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(rows[i]));
      const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(rows[i + 4]));
      in[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    transpose(in, words);
  }
  static QSDM_HD_MEMBER void store4(uint8_t *const *rows, const Word *words) {
    Word out[4];
    transpose(words, out);
    for (int i = 0; i < 4; i++) {
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(rows[i]), _mm512_castsi512_si256(out[i]));
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(rows[i + 4]), _mm512_extracti64x4_epi64(out[i], 1));
    }
  }
  static QSDM_HD_MEMBER Word load(const uint64_t *from) { return _mm512_loadu_si512(from); }
  static QSDM_HD_MEMBER void store(uint64_t *to, Word word) { _mm512_storeu_si512(to, word); }

 private:
  // Four by four, in each half of the vectors.
  static QSDM_HD_MEMBER void transpose(const Word *in, Word *out) {
    const Word a = _mm512_unpacklo_epi64(in[0], in[1]), b = _mm512_unpackhi_epi64(in[0], in[1]);
    const Word c = _mm512_unpacklo_epi64(in[2], in[3]), d = _mm512_unpackhi_epi64(in[2], in[3]);
    const Word low = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), high = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    out[0] = _mm512_permutex2var_epi64(a, low, c);
    out[1] = _mm512_permutex2var_epi64(b, low, d);
    out[2] = _mm512_permutex2var_epi64(a, high, c);
    out[3] = _mm512_permutex2var_epi64(b, high, d);
  }
};

}  // namespace qsdm
