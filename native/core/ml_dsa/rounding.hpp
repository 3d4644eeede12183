// High and low parts, and hints (FIPS 204, section 7.4). No branch depends on a coefficient.
#pragma once

#include "field.hpp"

namespace qsdm::ml_dsa {

// Algorithm 36, HighBits: r1 of a canonical r, with r - r1 2 gamma2 above -gamma2 and up to gamma2, and r1 = 0 where that
// would leave q - 1. 2 gamma2 is 128 times 4092 or 1488, so whole 128ths are divided, by a multiplication whose error
// stays below a step; native/tools compares every r with the division.
template <class P>
QSDM_HD int32_t high_bits(int32_t r) {
  const int32_t units = (r + 127) >> 7;
  if constexpr (P::HIGHS == 16) return (units * 1025 + (1 << 21)) >> 22 & 15;
  const int32_t high = (units * 11275 + (1 << 23)) >> 24;
  return high & ~((43 - high) >> 31);
}

// Algorithm 37, LowBits, of a canonical r whose high bits are known.
template <class P>
QSDM_HD int32_t low_bits(int32_t r, int32_t high) {
  const int32_t low = r - high * 2 * P::GAMMA2;
  // Where r1 became 0 beside q, r0 is r - q.
  return low - (((Q - 1) / 2 - low) >> 31 & Q);
}

// Algorithm 40, UseHint, where the hint is 1.
template <class P>
QSDM_HD int32_t adjusted(int32_t r) {
  const int32_t high = high_bits<P>(r);
  const int32_t up = high + 1 == P::HIGHS ? 0 : high + 1, down = high == 0 ? P::HIGHS - 1 : high - 1;
  return low_bits<P>(r, high) > 0 ? up : down;
}

// Algorithm 35, Power2Round, of a canonical r: r1, with r - r1 2^d above -2^(d-1) and up to 2^(d-1).
QSDM_HD int32_t rounded(int32_t r) { return (r + (1 << (D - 1)) - 1) >> D; }

// Algorithm 39, MakeHint: 1 where adding what was taken from the low part changes `high`, of which `low` is the new low
// part. Minus gamma2 still belongs to a high part of 0.
template <class P>
QSDM_HD int32_t hint_bit(int32_t low, int32_t high) {
  const int32_t edge = low + P::GAMMA2;
  const int32_t on_edge = ~((edge | -edge) >> 31), is_high = -high >> 31;
  return ((P::GAMMA2 - low) >> 31 | edge >> 31 | (on_edge & is_high)) & 1;
}

// All ones where a value is not below a bound in size; 0 else.
QSDM_HD int32_t beyond(int32_t value, int32_t bound) {
  const int32_t sign = value >> 31;
  return (bound - 1 - ((value ^ sign) - sign)) >> 31;
}

}  // namespace qsdm::ml_dsa
