#include <immintrin.h>

#include "gf256.hpp"

namespace qsdm {
namespace {

struct Bytes256 {
  static constexpr size_t size = 32;
  static QSDM_HD_MEMBER __m256i zero() { return _mm256_setzero_si256(); }
  static QSDM_HD_MEMBER __m256i load(const uint8_t *from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
  }
  static QSDM_HD_MEMBER void store(uint8_t *to, __m256i bytes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), bytes);
  }
  static QSDM_HD_MEMBER __m256i table(const uint8_t *entries) {
    return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i *>(entries)));
  }
  static QSDM_HD_MEMBER __m256i add_product(__m256i sum, __m256i bytes, __m256i low, __m256i high) {
    const __m256i half = _mm256_set1_epi8(0x0f);
    const __m256i lower = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half));
    const __m256i upper = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi64(bytes, 4), half));
    return _mm256_xor_si256(sum, _mm256_xor_si256(lower, upper));
  }
};

}  // namespace

size_t gf256_combine_avx2(const Gf256Weight *weights, const uint8_t *matrix, size_t rows, size_t columns, uint8_t *out) {
  return gf256_combine_vectors<Bytes256>(weights, matrix, rows, columns, out);
}

}  // namespace qsdm
