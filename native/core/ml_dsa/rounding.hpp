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

}  // namespace qsdm::ml_dsa
