// Polynomials and hints as bytes (FIPS 204, section 7.1).
#pragma once

#include "params.hpp"

namespace qsdm::ml_dsa {

// Eight coefficients take `Bits` bytes. Algorithm 19, BitUnpack, and 18, without what is added to the value.
template <int Bits>
QSDM_HD void unpack_eight(const uint8_t *from, int32_t *to) {
  for (int k = 0; k < 8; k++) {
    const int first = k * Bits / 8, last = (k * Bits + Bits - 1) / 8;
    uint32_t value = 0;
    for (int byte = first; byte <= last; byte++) value |= uint32_t{from[byte]} << 8 * (byte - first);
    to[k] = static_cast<int32_t>(value >> k * Bits % 8 & ((1u << Bits) - 1));
  }
}

// The other way; coefficients are between 0 and 2^Bits - 1.
template <int Bits>
QSDM_HD void pack_eight(const int32_t *from, uint8_t *to) {
  for (int byte = 0; byte < Bits; byte++) {
    uint32_t value = 0;
    for (int k = 0; k < 8; k++) {
      const int shift = 8 * byte - k * Bits;
      if (shift > -8 && shift < Bits)
        value |= shift >= 0 ? static_cast<uint32_t>(from[k]) >> shift : static_cast<uint32_t>(from[k]) << -shift;
    }
    to[byte] = static_cast<uint8_t>(value);
  }
}

template <int Bits>
QSDM_HD_PART void unpack(const uint8_t *from, Poly &to) {
  for (int i = 0; i < N / 8; i++) unpack_eight<Bits>(from + i * Bits, to.at + 8 * i);
}
template <int Bits>
QSDM_HD_PART void pack(const Poly &from, uint8_t *to) {
  for (int i = 0; i < N / 8; i++) pack_eight<Bits>(from.at + 8 * i, to + i * Bits);
}

// A polynomial of z: its bytes hold gamma1 less the coefficient. Returns whether all are within gamma1 - beta.
template <class P>
QSDM_HD_PART bool unpack_z(const uint8_t *from, Poly &to) {
  unpack<P::Z_BITS>(from, to);
  int32_t beyond = 0;
  for (int32_t &value : to.at) {
    value = P::GAMMA1 - value;
    const int32_t size = value < 0 ? -value : value;
    beyond |= P::GAMMA1 - P::BETA - 1 - size;
  }
  return beyond >= 0;
}

// Algorithm 21, HintBitUnpack: whether the hint is the one encoding of itself. Places rise within a row, rows end in
// order, and what no row uses is zero.
template <class P>
QSDM_HD_PART bool hint_is_canonical(const uint8_t *hint) {
  int from = 0;
  for (int row = 0; row < P::K; row++) {
    const int to = hint[P::OMEGA + row];
    if (to < from || to > P::OMEGA) return false;
    for (int i = from + 1; i < to; i++)
      if (hint[i] <= hint[i - 1]) return false;
    from = to;
  }
  for (int i = from; i < P::OMEGA; i++)
    if (hint[i] != 0) return false;
  return true;
}

// Where the bytes of a signature begin.
template <class P>
QSDM_HD const uint8_t *z_of(const uint8_t *signature, int column) {
  return signature + P::CHALLENGE_BYTES + column * P::Z_BYTES;
}
template <class P>
QSDM_HD const uint8_t *hint_of(const uint8_t *signature) {
  return z_of<P>(signature, P::L);
}
// Where those of a secret key do (section 7.2): rho, the key of the hedge, tr, then the three vectors.
QSDM_HD const uint8_t *short_vectors_of(const uint8_t *secret_key) {
  return secret_key + 2 * SEED_BYTES + TR_BYTES;
}
template <class P>
QSDM_HD const uint8_t *t0_of(const uint8_t *secret_key) {
  return short_vectors_of(secret_key) + (P::K + P::L) * packed_bytes(ETA_BITS);
}
// Where those of a public key do.
QSDM_HD const uint8_t *t1_of(const uint8_t *key, int row) {
  constexpr int row_bytes = packed_bytes(T1_BITS);
  return key + SEED_BYTES + row * row_bytes;
}

}  // namespace qsdm::ml_dsa
