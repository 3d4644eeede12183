// IEEE binary16 against binary32 in integers, with one NaN, and the product of a matrix and a vector in one order.
// Source: QSDM mining protocol, sections 8.1 to 8.5.
#pragma once

#include "host_device.hpp"

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

namespace qsdm {

constexpr uint32_t NAN16 = 0x7e00;

QSDM_HD int top_bit(uint32_t word) {
#if defined(__CUDA_ARCH__)
  return 31 - __clz(static_cast<int>(word));
#else
  return 31 - __builtin_clz(word);
#endif
}

// The binary32 pattern of a binary16 pattern.
QSDM_HD uint32_t widen(uint32_t half) {
  const uint32_t sign = (half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 0x1f;
  const uint32_t fraction = half & 0x3ff;
  if (exponent == 0x1f) return fraction ? 0x7fc00000 : sign | 0x7f800000;
  if (exponent > 0) return sign | (exponent + 112) << 23 | fraction << 13;
  if (fraction == 0) return sign;
  const uint32_t top = static_cast<uint32_t>(top_bit(fraction));
  return sign | (103 + top) << 23 | (fraction ^ 1u << top) << (23 - top);
}

// The binary16 pattern nearest to a binary32 pattern, ties to even.
QSDM_HD uint32_t narrow(uint32_t single) {
  const uint32_t sign = single >> 16 & 0x8000;
  const uint32_t magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return NAN16;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x33000000) return sign;
  const int exponent = static_cast<int>(magnitude >> 23) - 127;
  const uint32_t significand = (magnitude & 0x7fffff) | 0x800000;
  const int shift = exponent >= -14 ? 13 : -1 - exponent;
  const uint32_t dropped = significand & ((1u << shift) - 1);
  const uint32_t half = 1u << (shift - 1);
  uint32_t kept = significand >> shift;
  if (dropped > half || (dropped == half && (kept & 1))) kept++;
  // A carry runs from the fraction into the exponent by itself; past the largest exponent it is infinity.
  return sign | (exponent >= -14 ? (static_cast<uint32_t>(exponent + 14) << 10) + kept : kept);
}

QSDM_HD float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
QSDM_HD uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
// The k-th of the four big-endian words of 16 bits in 8 bytes that were loaded as a little-endian word.
QSDM_HD uint32_t half_of(uint64_t word, int k) {
  const uint32_t pair = static_cast<uint32_t>(word >> 16 * k) & 0xffff;
  return pair >> 8 | (pair & 0xff) << 8;
}

// The number that the k-th word of 16 bits stands for.
QSDM_HD float number_of(uint64_t word, int k) {
#if defined(__CUDA_ARCH__)
  // One instruction, and exact.
  return __half2float(__ushort_as_half(static_cast<unsigned short>(half_of(word, k))));
#else
  return float_of(widen(half_of(word, k)));
#endif
}

// The word of 16 bits nearest to a sum, in the place of the k-th one, high byte first.
QSDM_HD uint64_t placed(float sum, int k) {
#if defined(__CUDA_ARCH__)
  const uint32_t half = sum != sum ? NAN16 : __half_as_ushort(__float2half_rn(sum));
#else
  const uint32_t half = narrow(bits_of(sum));
#endif
  return uint64_t{half >> 8 | (half & 0xff) << 8} << 16 * k;
}

// A matrix of 16 rows of 16 words times the entry's 16 words, fed one matrix word at a time in its order, which is the
// order that a row is summed in: left to right from +0 in binary32. The product of two binary16 numbers is exact there,
// so fusing it with the addition changes nothing. A NaN anywhere in a row leaves a NaN, which becomes the one NaN, so
// operands need not be made canonical first.
struct Product {
  float vector[16];
  float sum;

  QSDM_HD_MEMBER void begin(const uint64_t (&entry)[4]) {
    sum = 0;
    for (int i = 0; i < 16; i++) vector[i] = number_of(entry[i / 4], i % 4);
  }
  // Takes word `place` of the 64, and adds a finished row to `product`, which starts as zeros.
  QSDM_HD_MEMBER void take(uint64_t word, int place, uint64_t (&product)[4]) {
    const int column = place % 4 * 4, row = place / 4;
    if (column == 0) sum = 0;
    for (int k = 0; k < 4; k++) sum += number_of(word, k) * vector[column + k];
    if (column == 12) product[row / 4] |= placed(sum, row % 4);
  }
};

QSDM_HD void matrix_times_entry(const uint64_t (&matrix)[64], const uint64_t (&entry)[4], uint64_t (&product)[4]) {
  Product rows;
  rows.begin(entry);
  for (uint64_t &word : product) word = 0;
  for (int i = 0; i < 64; i++) rows.take(matrix[i], i, product);
}

}  // namespace qsdm
