// The number-theoretic transform of FIPS 203, algorithms 9 to 12, in place.
#pragma once

#include "field.hpp"

namespace qsdm::ml_kem {

struct Zetas {
  int16_t at[N / 2];
};

// zetas[k] is 17 to the power of k with its seven bits reversed, in Montgomery form (section 4.3, appendix A).
constexpr Zetas make_zetas() {
  Zetas zetas{};
  int32_t power = 1;
  for (int exponent = 0; exponent < N / 2; exponent++) {
    int k = 0;
    for (int bit = 0; bit < 7; bit++) k |= (exponent >> bit & 1) << (6 - bit);
    zetas.at[k] = in_montgomery(power);
    power = power * 17 % Q;
  }
  return zetas;
}
constexpr Zetas ZETAS = make_zetas();

// The root of X^2 of remainder `pair`, times 2^16: 17 to the power of 2 BitRev(pair) + 1. Neighbours differ by their sign.
constexpr int16_t root_of(int pair) {
  const int16_t zeta = ZETAS.at[N / 4 + pair / 2];
  return static_cast<int16_t>(pair % 2 ? -zeta : zeta);
}

// 2^32 over 128, the factor that the layers leave, so that products which lost 2^16 have it again.
constexpr int16_t INVERSE_SCALE = in_montgomery(in_montgomery(3303));
static_assert(3303 * 128 % Q == 1);
// 2^32: multiplying by it gives back what a product lost.
constexpr int16_t RESTORE = in_montgomery(in_montgomery(1));

// Of coefficients up to q in size. Every layer adds up to q.
QSDM_HD_PART void ntt(Poly &poly) {
  int k = 0;
  for (int length = N / 2; length > 1; length /= 2)
    for (int start = 0; start < N; start += 2 * length) {
      const int16_t factor = ZETAS.at[++k];
      for (int j = start; j < start + length; j++) {
        const int16_t turned = multiply(factor, poly.at[j + length]);
        poly.at[j + length] = static_cast<int16_t>(poly.at[j] - turned);
        poly.at[j] = static_cast<int16_t>(poly.at[j] + turned);
      }
    }
  for (int16_t &value : poly.at) value = reduce(value);
}

// The layer of the inverse after which sums are reduced: sizes double with each, and 8 q is the most that fits.
constexpr int REDUCED_LENGTH = 16;

// Of reduced products over 2^16, to coefficients between -q and q.
QSDM_HD_PART void inverse_ntt(Poly &poly) {
  int k = N / 2;
  for (int length = 2; length < N; length *= 2)
    for (int start = 0; start < N; start += 2 * length) {
      const int16_t factor = ZETAS.at[--k];
      for (int j = start; j < start + length; j++) {
        const int32_t low = poly.at[j], high = poly.at[j + length];
        poly.at[j] = length == REDUCED_LENGTH ? reduce(low + high) : static_cast<int16_t>(low + high);
        poly.at[j + length] = multiply(factor, high - low);
      }
    }
  for (int16_t &value : poly.at) value = multiply(INVERSE_SCALE, value);
}

// A polynomial in the NTT's domain made ready to multiply others: of each remainder b0 + b1 X, what the others' two
// coefficients meet in the constant one of the product (b0 and b1 times the root), and in the other one (b1 and b0).
struct Factor {
  Poly constant, linear;
};

QSDM_HD_PART void make_factor(const Poly &poly, Factor &to) {
  for (int i = 0; i < N; i += 2) {
    to.constant.at[i] = to.linear.at[i + 1] = poly.at[i];
    to.linear.at[i] = poly.at[i + 1];
    to.constant.at[i + 1] = multiply(root_of(i / 2), poly.at[i + 1]);
  }
}

// Algorithm 11, summed over K products: reduced, over 2^16. Polynomials are up to q in size.
QSDM_HD_PART void sum_of_products(const Poly (&a)[K], const Factor (&b)[K], Poly &out) {
  for (int i = 0; i < N; i += 2) {
    int32_t constant = 0, linear = 0;
    for (int k = 0; k < K; k++) {
      constant += a[k].at[i] * b[k].constant.at[i] + a[k].at[i + 1] * b[k].constant.at[i + 1];
      linear += a[k].at[i] * b[k].linear.at[i] + a[k].at[i + 1] * b[k].linear.at[i + 1];
    }
    out.at[i] = reduce(montgomery(constant));
    out.at[i + 1] = reduce(montgomery(linear));
  }
}

}  // namespace qsdm::ml_kem
