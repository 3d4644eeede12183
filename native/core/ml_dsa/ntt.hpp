// The number-theoretic transform of FIPS 204, algorithms 41 and 42, in place.
#pragma once

#include "field.hpp"

namespace qsdm::ml_dsa {

struct Zetas {
  int32_t at[N];
};

// zetas[k] is 1753 to the power of k with its eight bits reversed, in Montgomery form (section 7.5, appendix B).
constexpr Zetas make_zetas() {
  Zetas zetas{};
  int64_t power = 1;
  for (int exponent = 0; exponent < N; exponent++) {
    int k = 0;
    for (int bit = 0; bit < 8; bit++) k |= (exponent >> bit & 1) << (7 - bit);
    zetas.at[k] = in_montgomery(power);
    power = power * 1753 % Q;
  }
  return zetas;
}
constexpr Zetas ZETAS = make_zetas();
#if defined(__CUDACC__)
static __constant__ const Zetas DEVICE_ZETAS = make_zetas();
#endif

QSDM_HD int32_t zeta(int k) {
#if defined(__CUDA_ARCH__)
  return DEVICE_ZETAS.at[k];
#else
  return ZETAS.at[k];
#endif
}

// 2^64 over 256, the factor that the layers leave, so that products which lost 2^32 have it again.
constexpr int32_t INVERSE_SCALE = in_montgomery(in_montgomery(8347681));
static_assert(int64_t{8347681} * 256 % Q == 1);

// Every layer adds up to q to the size of a coefficient.
QSDM_HD_PART void ntt(Poly &poly) {
  int k = 0;
  for (int length = N / 2; length > 0; length /= 2)
    for (int start = 0; start < N; start += 2 * length) {
      const int32_t factor = zeta(++k);
      for (int j = start; j < start + length; j++) {
        const int32_t turned = multiply(factor, poly.at[j + length]);
        poly.at[j + length] = poly.at[j] - turned;
        poly.at[j] += turned;
      }
    }
}

// From products over 2^32, below q in size, to coefficients between -q and q. Sizes double with every layer: 256 q is
// still below 2^31.
QSDM_HD_PART void inverse_ntt(Poly &poly) {
  int k = N;
  for (int length = 1; length < N; length *= 2)
    for (int start = 0; start < N; start += 2 * length) {
      const int32_t factor = -zeta(--k);
      for (int j = start; j < start + length; j++) {
        const int32_t first = poly.at[j];
        poly.at[j] = first + poly.at[j + length];
        poly.at[j + length] = multiply(factor, first - poly.at[j + length]);
      }
    }
  for (int32_t &value : poly.at) value = multiply(INVERSE_SCALE, value);
}

}  // namespace qsdm::ml_dsa
