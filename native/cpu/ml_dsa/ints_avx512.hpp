// Sixteen coefficients side by side in 512-bit vectors.
#pragma once

#include <immintrin.h>

#include "../../core/ml_dsa/field.hpp"

namespace qsdm::ml_dsa {

struct Ints16 {
  using Word = __m512i;
  static constexpr int width = 16;
  // Sums of products, of even and of odd places.
  struct Wide {
    __m512i even, odd;
  };

  static QSDM_HD_MEMBER Word load(const int32_t *from) { return _mm512_loadu_si512(from); }
  static QSDM_HD_MEMBER void store(int32_t *to, Word word) { _mm512_storeu_si512(to, word); }
  static QSDM_HD_MEMBER Word splat(int32_t value) { return _mm512_set1_epi32(value); }
  static QSDM_HD_MEMBER Word add(Word a, Word b) { return _mm512_add_epi32(a, b); }
  static QSDM_HD_MEMBER Word sub(Word a, Word b) { return _mm512_sub_epi32(a, b); }

  // montgomery() of a product whose second factor comes with its quotient.
  static QSDM_HD_MEMBER Word multiply(Word a, Word value, Word quotient) {
    const Word a_odd = odd_places(a), q = splat(Q);
    const Word even = _mm512_mul_epi32(_mm512_mul_epi32(a, quotient), q);
    const Word odd = _mm512_mul_epi32(_mm512_mul_epi32(a_odd, odd_places(quotient)), q);
    return high_halves({_mm512_sub_epi64(_mm512_mul_epi32(a, value), even),
                        _mm512_sub_epi64(_mm512_mul_epi32(a_odd, odd_places(value)), odd)});
  }
  static QSDM_HD_MEMBER Wide nothing() { return {_mm512_setzero_si512(), _mm512_setzero_si512()}; }
  static QSDM_HD_MEMBER Wide product(Word a, Word b) {
    return {_mm512_mul_epi32(a, b), _mm512_mul_epi32(odd_places(a), odd_places(b))};
  }
  static QSDM_HD_MEMBER Wide add(Wide a, Wide b) {
    return {_mm512_add_epi64(a.even, b.even), _mm512_add_epi64(a.odd, b.odd)};
  }
  static QSDM_HD_MEMBER Wide sub(Wide a, Wide b) {
    return {_mm512_sub_epi64(a.even, b.even), _mm512_sub_epi64(a.odd, b.odd)};
  }
  // montgomery() of each.
  static QSDM_HD_MEMBER Word reduced(Wide a) {
    const Word inverse = splat(static_cast<int32_t>(Q_INVERSE)), q = splat(Q);
    const Word even = _mm512_mul_epi32(_mm512_mul_epi32(a.even, inverse), q);
    const Word odd = _mm512_mul_epi32(_mm512_mul_epi32(a.odd, inverse), q);
    return high_halves({_mm512_sub_epi64(a.even, even), _mm512_sub_epi64(a.odd, odd)});
  }

  static QSDM_HD_MEMBER void transpose(Word (&v)[16]) {
    Word a[16], b[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
      a[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
      a[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
      b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
      b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
      b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
      b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    // Four by four quarters of 128 bits are left to be transposed.
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      a[i] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0x88);
      a[i + 4] = _mm512_shuffle_i32x4(b[i], b[i + 4], 0xdd);
      a[i + 8] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0x88);
      a[i + 12] = _mm512_shuffle_i32x4(b[i + 8], b[i + 12], 0xdd);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      v[i] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0x88);
      v[i + 8] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd);
      v[i + 4] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0x88);
      v[i + 12] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0xdd);
    }
  }

  // take_below_q() for whole vectors, as far as one fits both sides; `at` is where it stopped.
  static QSDM_HD_MEMBER int take_below_q(const uint8_t *bytes, int size, int32_t *to, int count, int &at) {
    const Word spread = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    const Word quarters = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
    for (at = 0; at + 64 <= size && count <= N - width; at += 48) {
      const Word in = _mm512_permutexvar_epi32(quarters, _mm512_loadu_si512(bytes + at));
      const Word value = _mm512_and_si512(_mm512_shuffle_epi8(in, spread), splat(0x7fffff));
      const __mmask16 good = _mm512_cmplt_epi32_mask(value, splat(Q));
      store(to + count, _mm512_maskz_compress_epi32(good, value));
      count += __builtin_popcount(good);
    }
    return count;
  }

 private:
  static QSDM_HD_MEMBER Word odd_places(Word a) { return _mm512_srli_epi64(a, 32); }
  static QSDM_HD_MEMBER Word high_halves(Wide a) {
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(a.even, 32), a.odd);
  }
};

}  // namespace qsdm::ml_dsa
