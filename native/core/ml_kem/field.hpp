// Integers modulo q in 16 bits: any representative whose size the caller keeps track of.
#pragma once

#include "params.hpp"

namespace qsdm::ml_kem {

// The inverse of q modulo 2^16; each step doubles the bits that are right, beginning with three.
constexpr uint16_t inverse_of_q() {
  uint32_t inverse = Q;
  for (int i = 0; i < 3; i++) inverse *= 2 - static_cast<uint32_t>(Q) * inverse;
  return static_cast<uint16_t>(inverse);
}
constexpr uint16_t Q_INVERSE = inverse_of_q();
static_assert(static_cast<uint16_t>(Q_INVERSE * Q) == 1);

// `value` times 2^16 modulo q, between -q/2 and q/2: what montgomery() takes the factor out of.
constexpr int16_t in_montgomery(int32_t value) {
  const int32_t least = ((value % Q + Q) % Q << 16) % Q;
  return static_cast<int16_t>(least > Q / 2 ? least - Q : least);
}

// `wide` over 2^16 modulo q, between -q and q, for `wide` between -2^15 q and 2^15 q.
QSDM_HD int16_t montgomery(int32_t wide) {
  const auto quotient = static_cast<int16_t>(static_cast<uint32_t>(wide) * Q_INVERSE);
  return static_cast<int16_t>((wide - int32_t{quotient} * Q) >> 16);
}
QSDM_HD int16_t multiply(int32_t a, int32_t b) { return montgomery(a * b); }

// 2^26 over q.
constexpr int16_t BARRETT = ((1 << 26) + Q / 2) / Q;
// The representative between -q/2 and q/2.
QSDM_HD int16_t reduce(int32_t value) {
  return static_cast<int16_t>(value - ((BARRETT * value + (1 << 25)) >> 26) * Q);
}
// Of a value between -q and q - 1, the representative between 0 and q - 1.
QSDM_HD int16_t canonical(int32_t value) { return static_cast<int16_t>(value + ((value >> 15) & Q)); }

}  // namespace qsdm::ml_kem
