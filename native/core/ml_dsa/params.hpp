// Parameter sets of FIPS 204, section 4, table 1, and the sizes of table 2.
#pragma once

#include "../host_device.hpp"

namespace qsdm::ml_dsa {

constexpr int N = 256;
constexpr int32_t Q = 8380417;
// Bits that t is rounded by.
constexpr int D = 13;

constexpr int SEED_BYTES = 32;
constexpr int RND_BYTES = 32;
constexpr int TR_BYTES = 64;
constexpr int MU_BYTES = 64;
constexpr int MOST_CONTEXT_BYTES = 255;

// Bytes of a polynomial of coefficients of so many bits.
QSDM_HD constexpr int packed_bytes(int bits) { return N / 8 * bits; }

constexpr int T1_BITS = 10;
constexpr int T0_BITS = D;
// Coefficients of the secret vectors lie between -ETA and ETA in both sets.
constexpr int ETA = 2;
constexpr int ETA_BITS = 3;

template <int Level>
struct Set;

template <>
struct Set<44> {
  static constexpr int K = 4, L = 4, TAU = 39, OMEGA = 80, CHALLENGE_BYTES = 32;
  static constexpr int GAMMA1_LOG = 17, GAMMA2 = (Q - 1) / 88, W1_BITS = 6;
};

template <>
struct Set<87> {
  static constexpr int K = 8, L = 7, TAU = 60, OMEGA = 75, CHALLENGE_BYTES = 64;
  static constexpr int GAMMA1_LOG = 19, GAMMA2 = (Q - 1) / 32, W1_BITS = 4;
};

template <int Number>
struct Params : Set<Number> {
  using Its = Set<Number>;
  static constexpr int LEVEL = Number;
  static constexpr int32_t GAMMA1 = 1 << Its::GAMMA1_LOG;
  static constexpr int BETA = Its::TAU * ETA;
  static constexpr int Z_BITS = Its::GAMMA1_LOG + 1;
  // High parts that there are.
  static constexpr int32_t HIGHS = (Q - 1) / (2 * Its::GAMMA2);

  static constexpr int Z_BYTES = packed_bytes(Z_BITS);
  static constexpr int W1_BYTES = packed_bytes(Its::W1_BITS);
  static constexpr int HINT_BYTES = Its::OMEGA + Its::K;
  static constexpr int PUBLIC_KEY_BYTES = SEED_BYTES + Its::K * packed_bytes(T1_BITS);
  static constexpr int SECRET_KEY_BYTES = 2 * SEED_BYTES + TR_BYTES + (Its::K + Its::L) * packed_bytes(ETA_BITS) +
                                          Its::K * packed_bytes(T0_BITS);
  static constexpr int SIGNATURE_BYTES = Its::CHALLENGE_BYTES + Its::L * Z_BYTES + HINT_BYTES;
};

static_assert(Params<44>::PUBLIC_KEY_BYTES == 1312 && Params<44>::SECRET_KEY_BYTES == 2560 &&
              Params<44>::SIGNATURE_BYTES == 2420);
static_assert(Params<87>::PUBLIC_KEY_BYTES == 2592 && Params<87>::SECRET_KEY_BYTES == 4896 &&
              Params<87>::SIGNATURE_BYTES == 4627);

// A polynomial, by its coefficients or by its values in the NTT's domain.
struct Poly {
  alignas(64) int32_t at[N];
};

}  // namespace qsdm::ml_dsa
