#include <immintrin.h>

#include "gf256.hpp"

namespace qsdm {
namespace {

struct Bytes512 {
  static constexpr size_t size = 64;
  static QSDM_HD_MEMBER __m512i zero() { return _mm512_setzero_si512(); }
  static QSDM_HD_MEMBER __m512i load(const uint8_t *from) { return _mm512_loadu_si512(from); }
  static QSDM_HD_MEMBER void store(uint8_t *to, __m512i bytes) { _mm512_storeu_si512(to, bytes); }
  static QSDM_HD_MEMBER __m512i table(const uint8_t *entries) {
    return _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i *>(entries)));
  }
  static QSDM_HD_MEMBER __m512i add_product(__m512i sum, __m512i bytes, __m512i low, __m512i high) {
    const __m512i half = _mm512_set1_epi8(0x0f);
    const __m512i lower = _mm512_shuffle_epi8(low, _mm512_and_si512(bytes, half));
    const __m512i upper = _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi64(bytes, 4), half));
    // The exclusive or of all three.
    return _mm512_ternarylogic_epi64(sum, lower, upper, 0x96);
  }
};

}  // namespace

size_t gf256_combine_avx512(const Gf256Weight *weights, const uint8_t *matrix, size_t rows, size_t columns,
                            uint8_t *out) {
  return gf256_combine_vectors<Bytes512>(weights, matrix, rows, columns, out);
}

}  // namespace qsdm
