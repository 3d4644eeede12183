// Polynomials as bytes, and what is kept of a coefficient (FIPS 203, section 4.2.1).
#pragma once

#include "field.hpp"

namespace qsdm::ml_kem {

// The whole part of a number below 2^22 over q. A division would take a time that depends on the number.
QSDM_HD constexpr uint32_t over_q(uint32_t number) {
  constexpr uint64_t reciprocal = (uint64_t{1} << 36) / Q + 1;
  return static_cast<uint32_t>(number * reciprocal >> 36);
}

// Compress of a canonical coefficient: 2^Bits / q of it, rounded, modulo 2^Bits.
template <int Bits>
QSDM_HD constexpr uint32_t compress(uint32_t value) {
  return over_q((value << Bits) + Q / 2) & ((1u << Bits) - 1);
}
template <int Bits>
constexpr bool compresses_all() {
  for (uint32_t value = 0; value < Q; value++)
    if (compress<Bits>(value) != ((value << Bits) + Q / 2) / Q % (1u << Bits)) return false;
  return true;
}
static_assert(compresses_all<1>() && compresses_all<DV>() && compresses_all<DU>());

template <int Bits>
QSDM_HD int16_t decompress(uint32_t value) {
  return static_cast<int16_t>((value * Q + (1u << (Bits - 1))) >> Bits);
}

// Algorithm 6, ByteDecode, of eight integers, without a reduction modulo q.
template <int Bits>
QSDM_HD void unpack_eight(const uint8_t *from, uint32_t (&to)[8]) {
  for (int k = 0; k < 8; k++) {
    const int first = k * Bits / 8, last = (k * Bits + Bits - 1) / 8;
    uint32_t value = 0;
    for (int byte = first; byte <= last; byte++) value |= uint32_t{from[byte]} << 8 * (byte - first);
    to[k] = value >> k * Bits % 8 & ((1u << Bits) - 1);
  }
}

// Algorithm 5, ByteEncode, of eight integers below 2^Bits.
template <int Bits>
QSDM_HD void pack_eight(const uint32_t (&from)[8], uint8_t *to) {
  for (int byte = 0; byte < Bits; byte++) {
    uint32_t value = 0;
    for (int k = 0; k < 8; k++) {
      const int shift = 8 * byte - k * Bits;
      if (shift > -8 && shift < Bits) value |= shift >= 0 ? from[k] >> shift : from[k] << -shift;
    }
    to[byte] = static_cast<uint8_t>(value);
  }
}

// Reads a polynomial of 12 bits for each coefficient; below zero where one is not below q, and reduced all the same.
QSDM_HD_PART int32_t unpack_whole(const uint8_t *from, Poly &to) {
  int32_t fits = -1;
  for (int i = 0; i < N; i += 8) {
    uint32_t eight[8];
    unpack_eight<WHOLE>(from + i / 8 * WHOLE, eight);
    for (int k = 0; k < 8; k++) {
      const int32_t less = static_cast<int32_t>(eight[k]) - Q;
      fits &= less;
      to.at[i + k] = canonical(less);
    }
  }
  return ~fits;
}
QSDM_HD_PART void pack_whole(const Poly &from, uint8_t *to) {
  for (int i = 0; i < N; i += 8) {
    uint32_t eight[8];
    for (int k = 0; k < 8; k++) eight[k] = static_cast<uint32_t>(canonical(from.at[i + k]));
    pack_eight<WHOLE>(eight, to + i / 8 * WHOLE);
  }
}

template <int Bits>
QSDM_HD_PART void unpack_compressed(const uint8_t *from, Poly &to) {
  for (int i = 0; i < N; i += 8) {
    uint32_t eight[8];
    unpack_eight<Bits>(from + i / 8 * Bits, eight);
    for (int k = 0; k < 8; k++) to.at[i + k] = decompress<Bits>(eight[k]);
  }
}
// Of reduced coefficients.
template <int Bits>
QSDM_HD_PART void pack_compressed(const Poly &from, uint8_t *to) {
  for (int i = 0; i < N; i += 8) {
    uint32_t eight[8];
    for (int k = 0; k < 8; k++) eight[k] = compress<Bits>(static_cast<uint32_t>(canonical(from.at[i + k])));
    pack_eight<Bits>(eight, to + i / 8 * Bits);
  }
}

}  // namespace qsdm::ml_kem
