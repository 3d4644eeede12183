// The matrix product of eight walks, two rows of each at a time.
#pragma once

#include "lanes_avx512.hpp"
#include "tensor.hpp"

namespace qsdm {

template <>
struct Tensor<Avx512> {
  using Word = __m512i;

  static QSDM_HD_MEMBER void multiply(const Word (&matrix)[64], const Word (&entry)[4], Word (&product)[4]) {
    __m512 vector[16];
    for (int word = 0; word < 4; word++) columns(entry[word], entry[word], vector + 4 * word);
    for (int quarter = 0; quarter < 4; quarter++) {
      const __m512i first = _mm512_castsi256_si512(two_rows(matrix + 16 * quarter, vector));
      const __m512i second = _mm512_castsi256_si512(two_rows(matrix + 16 * quarter + 8, vector));
      // Words 0 to 7 and 8 to 15 of both are rows of the eight walks; gathered by walk, high byte first.
      product[quarter] = swap_bytes(_mm512_permutex2var_epi16(first, by_walk(), second));
    }
  }

 private:
  static QSDM_HD_MEMBER Word swap_bytes(Word words) {
    return _mm512_shuffle_epi8(words, _mm512_set4_epi32(0x0e0f0c0d, 0x0a0b0809, 0x06070405, 0x02030001));
  }
  // Lane i takes word i of row 0, row 1 (8 further), row 2 (in the second operand) and row 3.
  static QSDM_HD_MEMBER Word by_walk() {
    const Word lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    const Word same = _mm512_mullo_epi64(lane, _mm512_set1_epi64(0x0001000100010001));
    return _mm512_add_epi16(same, _mm512_set1_epi64(0x0028002000080000));
  }

  // Two rows, four words each, times the vector: row one of walks 0 to 7, then row two.
  static QSDM_HD_MEMBER __m256i two_rows(const Word *rows, const __m512 *vector) {
    __m512 sum = _mm512_setzero_ps();
    for (int word = 0; word < 4; word++) {
      __m512 column[4];
      columns(rows[word], rows[word + 4], column);
      // The products are exact, so fusing changes nothing.
      for (int k = 0; k < 4; k++) sum = _mm512_fmadd_ps(column[k], vector[4 * word + k], sum);
    }
    const __m512 nan = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fc00000));
    sum = _mm512_mask_blend_ps(_mm512_cmp_ps_mask(sum, sum, _CMP_UNORD_Q), sum, nan);
    return _mm512_cvtps_ph(sum, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }

  // The four numbers in each lane of two words: eight of the first, then eight of the second.
  static QSDM_HD_MEMBER void columns(Word first, Word second, __m512 *out) {
    const Word a = swap_bytes(first), b = swap_bytes(second);
    // Word 4 i + k of the first, then of the second operand.
    const Word every_fourth = _mm512_set_epi64(0, 0, 0, 0, 0x003c003800340030, 0x002c002800240020, 0x001c001800140010,
                                               0x000c000800040000);
    for (int k = 0; k < 4; k++) {
      const Word pick = _mm512_add_epi16(every_fourth, _mm512_set1_epi16(static_cast<short>(k)));
      out[k] = _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutex2var_epi16(a, pick, b)));
    }
  }
};

}  // namespace qsdm
