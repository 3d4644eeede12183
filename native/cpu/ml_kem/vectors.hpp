// Arithmetic of polynomials over vectors `I` of sixteen coefficients.
#pragma once

#include "../../core/ml_kem/sampling.hpp"
#include "lane_zetas.hpp"

namespace qsdm::ml_kem {

template <class I, bool Inverse>
QSDM_HD void turn(typename I::Word &low, typename I::Word &high, typename I::Word value, typename I::Word quotient) {
  if constexpr (Inverse) {
    const auto difference = I::sub(high, low);
    low = I::add(low, high);
    high = I::multiply(difference, value, quotient);
  } else {
    const auto turned = I::multiply(high, value, quotient);
    high = I::sub(low, turned);
    low = I::add(low, turned);
  }
}

// One of the first four layers, whose pairs are vectors `Apart` from each other.
template <class I, int Apart, bool Inverse>
QSDM_HD void layer(typename I::Word (&v)[LANES]) {
  constexpr int length = Apart * LANES;
#pragma GCC unroll 8
  for (int at = 0; at < LANES; at += 2 * Apart) {
    const int16_t zeta = ZETAS.at[Inverse ? inverse_zeta(length, at * LANES) : forward_zeta(length, at * LANES)];
    const auto value = I::splat(zeta), quotient = I::splat(quotient_of(zeta));
#pragma GCC unroll 8
    for (int i = at; i < at + Apart; i++) {
      turn<I, Inverse>(v[i], v[i + Apart], value, quotient);
      if constexpr (Inverse && length == REDUCED_LENGTH) v[i] = I::reduce(v[i]);
    }
  }
}

// One of the last three, over transposed blocks.
template <class I, int Apart, bool Inverse>
QSDM_HD void lane_layer(typename I::Word (&v)[LANES]) {
  const LaneZetas &zetas = Inverse ? INVERSE_ZETAS : FORWARD_ZETAS;
#pragma GCC unroll 4
  for (int group = 0; group < 8 / Apart; group++) {
    const auto value = I::load(zetas.value[row_of(Apart, group)]);
    const auto quotient = I::load(zetas.quotient[row_of(Apart, group)]);
#pragma GCC unroll 8
    for (int i = 2 * Apart * group; i < 2 * Apart * group + Apart; i++)
      turn<I, Inverse>(v[i], v[i + Apart], value, quotient);
  }
}

template <class I>
QSDM_HD_PART void ntt_lanes(Poly &poly) {
  typename I::Word v[LANES];
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) v[i] = I::load(poly.at + i * LANES);
  layer<I, 8, false>(v);
  layer<I, 4, false>(v);
  layer<I, 2, false>(v);
  layer<I, 1, false>(v);
  I::transpose(v);
  lane_layer<I, 8, false>(v);
  lane_layer<I, 4, false>(v);
  lane_layer<I, 2, false>(v);
  I::transpose(v);
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) I::store(poly.at + i * LANES, I::reduce(v[i]));
}

template <class I>
QSDM_HD_PART void inverse_ntt_lanes(Poly &poly) {
  typename I::Word v[LANES];
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) v[i] = I::load(poly.at + i * LANES);
  I::transpose(v);
  lane_layer<I, 2, true>(v);
  lane_layer<I, 4, true>(v);
  lane_layer<I, 8, true>(v);
  I::transpose(v);
  layer<I, 1, true>(v);
  layer<I, 2, true>(v);
  layer<I, 4, true>(v);
  layer<I, 8, true>(v);
  const auto value = I::splat(INVERSE_SCALE), quotient = I::splat(quotient_of(INVERSE_SCALE));
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) I::store(poly.at + i * LANES, I::multiply(v[i], value, quotient));
}

template <class I>
struct Vectors {
  static QSDM_HD_MEMBER void ntt(Poly &poly) { ntt_lanes<I>(poly); }
  static QSDM_HD_MEMBER void inverse_ntt(Poly &poly) { inverse_ntt_lanes<I>(poly); }

  static QSDM_HD_MEMBER void make_factor(const Poly &poly, Factor &to) {
    for (int i = 0; i < N; i += LANES) {
      const auto in = I::load(poly.at + i);
      const auto rooted = I::multiply(in, I::load(ROOTS.value + i), I::load(ROOTS.quotient + i));
      I::store(to.constant.at + i, I::even_and_odd(in, rooted));
      I::store(to.linear.at + i, I::swap_pairs(in));
    }
  }

  static QSDM_HD_MEMBER void sum_of_products(const Poly (&a)[K], const Factor (&b)[K], Poly &out) {
    for (int i = 0; i < N; i += LANES) {
      const auto first = I::load(a[0].at + i);
      auto constant = I::pair_sums(first, I::load(b[0].constant.at + i));
      auto linear = I::pair_sums(first, I::load(b[0].linear.at + i));
      for (int k = 1; k < K; k++) {
        const auto in = I::load(a[k].at + i);
        constant = I::add_sums(constant, I::pair_sums(in, I::load(b[k].constant.at + i)));
        linear = I::add_sums(linear, I::pair_sums(in, I::load(b[k].linear.at + i)));
      }
      I::store(out.at + i, I::reduce(I::reduced_pairs(constant, linear)));
    }
  }

  static QSDM_HD_MEMBER int take_below_q(const uint8_t *bytes, int size, int16_t *to) {
    int at = 0;
    const int count = I::take_below_q(bytes, size, to, at);
    return ml_kem::take_below_q(bytes + at, size - at, to, count);
  }
};

}  // namespace qsdm::ml_kem
