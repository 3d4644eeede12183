// Products in GF(2^8) with public constants, as many bytes at a time as a path takes. Secret bytes are never an index into
// memory: a vector looks them up in a register, and words are doubled.
#pragma once

#include "../core/one.hpp"

namespace qsdm {

constexpr size_t GF256_MOST_ROWS = 256;

// x^8 is x^4 + x^3 + x^2 + 1, in each byte.
QSDM_HD uint64_t gf256_double(uint64_t bytes) {
  constexpr uint64_t each = 0x0101010101010101;
  return (bytes & 0x7f * each) << 1 ^ (bytes >> 7 & each) * 0x1d;
}

QSDM_HD uint64_t gf256_multiply(uint64_t bytes, uint8_t by) {
  uint64_t product = 0;
  for (unsigned rest = by; rest != 0; rest >>= 1) {
    product ^= bytes & (uint64_t{0} - (rest & 1));
    bytes = gf256_double(bytes);
  }
  return product;
}

// A weight, and its products with every lower and every upper half of a byte.
struct Gf256Weight {
  alignas(16) uint8_t low[16];
  alignas(16) uint8_t high[16];
  uint8_t weight;
};

QSDM_HD Gf256Weight gf256_weight(uint8_t weight) {
  Gf256Weight out{};
  out.weight = weight;
  uint8_t doubled[8] = {weight};
  for (int bit = 1; bit < 8; bit++) doubled[bit] = static_cast<uint8_t>(gf256_double(doubled[bit - 1]));
  for (unsigned half = 0; half < 16; half++)
    for (unsigned bit = 0; bit < 4; bit++)
      if (half >> bit & 1) {
        out.low[half] = static_cast<uint8_t>(out.low[half] ^ doubled[bit]);
        out.high[half] = static_cast<uint8_t>(out.high[half] ^ doubled[4 + bit]);
      }
  return out;
}

// The sum of the rows, each times its weight, in as many columns as whole vectors cover, from the first on.
using Gf256Combine = size_t (*)(const Gf256Weight *weights, const uint8_t *matrix, size_t rows, size_t columns,
                                uint8_t *out);
size_t gf256_combine_avx2(const Gf256Weight *weights, const uint8_t *matrix, size_t rows, size_t columns, uint8_t *out);
size_t gf256_combine_avx512(const Gf256Weight *weights, const uint8_t *matrix, size_t rows, size_t columns,
                            uint8_t *out);

// `V` brings a vector's size, a table of 16 entries in it, and the look-up.
template <class V>
QSDM_HD size_t gf256_combine_vectors(const Gf256Weight *weights, const uint8_t *matrix, size_t rows, size_t columns,
                                     uint8_t *out) {
  size_t at = 0;
  for (; columns - at >= V::size; at += V::size) {
    auto sum = V::zero();
    for (size_t row = 0; row < rows; row++)
      sum = V::add_product(sum, V::load(matrix + row * columns + at), V::table(weights[row].low),
                           V::table(weights[row].high));
    V::store(out + at, sum);
  }
  return at;
}

}  // namespace qsdm
