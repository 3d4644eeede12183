// ML-KEM-768: FIPS 203, section 8, table 2, and the sizes of table 3.
#pragma once

#include "../../include/qsdm_kem.h"
#include "../host_device.hpp"

namespace qsdm::ml_kem {

constexpr int N = 256;
constexpr int32_t Q = 3329;
constexpr int K = 3;
// Coefficients of secrets and errors lie between -ETA and ETA; both have the same here.
constexpr int ETA = 2;
// Bits that coefficients of a ciphertext's two parts keep.
constexpr int DU = 10, DV = 4;
// Bits of a coefficient that keeps all.
constexpr int WHOLE = 12;

constexpr int SEED_BYTES = 32;
constexpr int DIGEST_BYTES = 32;

// Bytes of a polynomial of coefficients of so many bits.
constexpr int packed_bytes(int bits) { return N / 8 * bits; }
constexpr int VECTOR_BYTES = K * packed_bytes(WHOLE);

constexpr int PUBLIC_KEY_BYTES = VECTOR_BYTES + SEED_BYTES;
constexpr int CIPHERTEXT_BYTES = K * packed_bytes(DU) + packed_bytes(DV);
// A secret key is the secret vector, the public key, its digest and z.
constexpr int PUBLIC_KEY_AT = VECTOR_BYTES;
constexpr int DIGEST_AT = PUBLIC_KEY_AT + PUBLIC_KEY_BYTES;
constexpr int Z_AT = DIGEST_AT + DIGEST_BYTES;

static_assert(PUBLIC_KEY_BYTES == QSDM_KEM_PUBLIC_KEY_BYTES && CIPHERTEXT_BYTES == QSDM_KEM_CIPHERTEXT_BYTES &&
              Z_AT + SEED_BYTES == QSDM_KEM_SECRET_KEY_BYTES);

// A polynomial, by its coefficients or by its remainders in the NTT's domain.
struct Poly {
  alignas(64) int16_t at[N];
};

}  // namespace qsdm::ml_kem
