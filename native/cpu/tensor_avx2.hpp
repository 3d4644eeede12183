// The matrix product of four walks, two rows of each at a time.
#pragma once

#include "lanes_avx2.hpp"
#include "tensor.hpp"

namespace qsdm {

template <>
struct Tensor<Avx2> {
  using Word = __m256i;

  static QSDM_HD_MEMBER void multiply(const Word (&matrix)[64], const Word (&entry)[4], Word (&product)[4]) {
    __m256 vector[16];
    for (int word = 0; word < 4; word++) columns(entry[word], entry[word], vector + 4 * word);
    for (int quarter = 0; quarter < 4; quarter++) {
      const __m128i first = two_rows(matrix + 16 * quarter, vector);
      const __m128i second = two_rows(matrix + 16 * quarter + 8, vector);
      // Four rows of two walks in each half; gathered by walk, high byte first.
      const __m128i by_walk = _mm_set_epi8(14, 15, 10, 11, 6, 7, 2, 3, 12, 13, 8, 9, 4, 5, 0, 1);
      const __m128i low = _mm_shuffle_epi8(_mm_unpacklo_epi64(first, second), by_walk);
      const __m128i high = _mm_shuffle_epi8(_mm_unpackhi_epi64(first, second), by_walk);
      product[quarter] = _mm256_set_m128i(high, low);
    }
  }

 private:
  // Two rows, four words each, times the vector: row one of walks 0 and 1, row two of them, then the same of 2 and 3.
  static QSDM_HD_MEMBER __m128i two_rows(const Word *rows, const __m256 *vector) {
    __m256 sum = _mm256_setzero_ps();
    for (int word = 0; word < 4; word++) {
      __m256 column[4];
      columns(rows[word], rows[word + 4], column);
      // The products are exact, so they may be fused or not.
      for (int k = 0; k < 4; k++) sum = _mm256_add_ps(sum, _mm256_mul_ps(column[k], vector[4 * word + k]));
    }
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc00000));
    sum = _mm256_blendv_ps(sum, nan, _mm256_cmp_ps(sum, sum, _CMP_UNORD_Q));
    return _mm256_cvtps_ph(sum, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }

  // The four numbers in each lane of two words.
  static QSDM_HD_MEMBER void columns(Word first, Word second, __m256 *out) {
    // In each half: the first numbers of two walks, the second ones, and so on, low byte first.
    const Word paired = _mm256_set_epi8(14, 15, 6, 7, 12, 13, 4, 5, 10, 11, 2, 3, 8, 9, 0, 1, 14, 15, 6, 7, 12, 13, 4, 5,
                                        10, 11, 2, 3, 8, 9, 0, 1);
    const Word a = _mm256_shuffle_epi8(first, paired), b = _mm256_shuffle_epi8(second, paired);
    const Word low = _mm256_permute4x64_epi64(_mm256_unpacklo_epi32(a, b), 0xd8);
    const Word high = _mm256_permute4x64_epi64(_mm256_unpackhi_epi32(a, b), 0xd8);
    out[0] = _mm256_cvtph_ps(_mm256_castsi256_si128(low));
    out[1] = _mm256_cvtph_ps(_mm256_extracti128_si256(low, 1));
    out[2] = _mm256_cvtph_ps(_mm256_castsi256_si128(high));
    out[3] = _mm256_cvtph_ps(_mm256_extracti128_si256(high, 1));
  }
};

}  // namespace qsdm
