// Integers modulo q in 32 bits: any representative whose size the caller keeps track of.
#pragma once

#include "params.hpp"

namespace qsdm::ml_dsa {

// The inverse of an odd number modulo 2^32; each step doubles the bits that are right, beginning with three.
constexpr uint32_t inverse_of(uint32_t odd) {
  uint32_t inverse = odd;
  for (int i = 0; i < 4; i++) inverse *= 2 - odd * inverse;
  return inverse;
}
constexpr uint32_t Q_INVERSE = inverse_of(static_cast<uint32_t>(Q));

// The representative between -q/2 and q/2.
constexpr int32_t centred(int64_t value) {
  const int64_t least = (value % Q + Q) % Q;
  return static_cast<int32_t>(least > Q / 2 ? least - Q : least);
}
// `value` times 2^32 modulo q: what montgomery() takes the factor out of.
constexpr int32_t in_montgomery(int64_t value) { return centred(centred(value) * (int64_t{1} << 32)); }

// `wide` over 2^32 modulo q, between -q and q, for `wide` between -2^31 q and 2^31 q.
QSDM_HD int32_t montgomery(int64_t wide) {
  const auto quotient = static_cast<int32_t>(static_cast<uint32_t>(wide) * Q_INVERSE);
  return static_cast<int32_t>((wide - int64_t{quotient} * Q) >> 32);
}
QSDM_HD int32_t multiply(int32_t a, int32_t b) { return montgomery(int64_t{a} * b); }

// Brings a value up to 2^31 - 2^22 in size to at most 2^22 + 2^8 (2^13 - 1), which is below q.
QSDM_HD int32_t reduce(int32_t value) { return value - ((value + (1 << 22)) >> 23) * Q; }
// Of a value between -q and q, the representative between 0 and q - 1.
QSDM_HD int32_t canonical(int32_t value) { return value + ((value >> 31) & Q); }

}  // namespace qsdm::ml_dsa
