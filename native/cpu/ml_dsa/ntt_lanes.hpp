// The transform over vectors `I` of I::width coefficients.
#pragma once

#include "lane_zetas.hpp"

namespace qsdm::ml_dsa {

template <class I>
QSDM_HD void forward_pair(typename I::Word &low, typename I::Word &high, typename I::Word value,
                          typename I::Word quotient) {
  const auto turned = I::multiply(high, value, quotient);
  high = I::sub(low, turned);
  low = I::add(low, turned);
}
template <class I>
QSDM_HD void inverse_pair(typename I::Word &low, typename I::Word &high, typename I::Word value,
                          typename I::Word quotient) {
  const auto difference = I::sub(low, high);
  low = I::add(low, high);
  high = I::multiply(difference, value, quotient);
}

// One layer over `Count` vectors that lie `Stride` coefficients apart, the first of them at coefficient `start`; pairs are
// `Apart` vectors apart.
template <class I, int Count, int Stride, int Apart, bool Inverse>
QSDM_HD void layer(typename I::Word (&v)[Count], int start) {
  constexpr int length = Apart * Stride;
#pragma GCC unroll 16
  for (int at = 0; at < Count; at += 2 * Apart) {
    const int first = start + at * Stride;
    const Factor factor =
        factor_of(Inverse ? -ZETAS.at[inverse_zeta(length, first)] : ZETAS.at[forward_zeta(length, first)]);
    const auto value = I::splat(factor.value), quotient = I::splat(factor.quotient);
#pragma GCC unroll 16
    for (int i = at; i < at + Apart; i++)
      if constexpr (Inverse)
        inverse_pair<I>(v[i], v[i + Apart], value, quotient);
      else
        forward_pair<I>(v[i], v[i + Apart], value, quotient);
  }
}

// One of the last layers over a transposed block.
template <class I, int Apart, bool Inverse>
QSDM_HD void lane_layer(typename I::Word (&v)[I::width], int block) {
  constexpr int W = I::width;
  const LaneZetas<W> &zetas = Inverse ? INVERSE_ZETAS<W> : FORWARD_ZETAS<W>;
#pragma GCC unroll 16
  for (int group = 0; group < W / (2 * Apart); group++) {
    const auto value = I::load(zetas.value[block][place_of<W>(Apart, group)]);
    const auto quotient = I::load(zetas.quotient[block][place_of<W>(Apart, group)]);
#pragma GCC unroll 16
    for (int i = 2 * Apart * group; i < 2 * Apart * group + Apart; i++)
      if constexpr (Inverse)
        inverse_pair<I>(v[i], v[i + Apart], value, quotient);
      else
        forward_pair<I>(v[i], v[i + Apart], value, quotient);
  }
}

template <class I, int Apart>
QSDM_HD void forward_block(typename I::Word (&v)[I::width], int block) {
  constexpr int W = I::width;
  if constexpr (Apart > 0) {
    layer<I, W, W, Apart, false>(v, block * W * W);
    forward_block<I, Apart / 2>(v, block);
  }
}
template <class I, int Apart>
QSDM_HD void forward_lanes(typename I::Word (&v)[I::width], int block) {
  if constexpr (Apart > 0) {
    lane_layer<I, Apart, false>(v, block);
    forward_lanes<I, Apart / 2>(v, block);
  }
}
template <class I, int Apart>
QSDM_HD void inverse_block(typename I::Word (&v)[I::width], int block) {
  constexpr int W = I::width;
  if constexpr (Apart < W) {
    layer<I, W, W, Apart, true>(v, block * W * W);
    inverse_block<I, 2 * Apart>(v, block);
  }
}
template <class I, int Apart>
QSDM_HD void inverse_lanes(typename I::Word (&v)[I::width], int block) {
  if constexpr (Apart < I::width) {
    lane_layer<I, Apart, true>(v, block);
    inverse_lanes<I, 2 * Apart>(v, block);
  }
}

// The layers above blocks, where a block is a quarter of the polynomial: four vectors at a time.
template <class I, bool Inverse>
QSDM_HD void quarters(Poly &poly) {
  constexpr int W = I::width;
  for (int from = 0; from < N / 4; from += W) {
    typename I::Word v[4];
    for (int i = 0; i < 4; i++) v[i] = I::load(poly.at + from + i * N / 4);
    if constexpr (Inverse) {
      layer<I, 4, N / 4, 1, true>(v, 0);
      layer<I, 4, N / 4, 2, true>(v, 0);
    } else {
      layer<I, 4, N / 4, 2, false>(v, 0);
      layer<I, 4, N / 4, 1, false>(v, 0);
    }
    for (int i = 0; i < 4; i++) I::store(poly.at + from + i * N / 4, v[i]);
  }
}

template <class I>
QSDM_HD_PART void ntt_lanes(Poly &poly) {
  constexpr int W = I::width, BLOCKS = N / (W * W);
  static_assert(BLOCKS == 1 || BLOCKS == 4);
  if constexpr (BLOCKS == 4) quarters<I, false>(poly);
  for (int block = 0; block < BLOCKS; block++) {
    int32_t *at = poly.at + block * W * W;
    typename I::Word v[W];
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) v[i] = I::load(at + i * W);
    forward_block<I, W / 2>(v, block);
    I::transpose(v);
    forward_lanes<I, W / 2>(v, block);
    I::transpose(v);
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) I::store(at + i * W, v[i]);
  }
}

template <class I>
QSDM_HD_PART void inverse_ntt_lanes(Poly &poly) {
  constexpr int W = I::width, BLOCKS = N / (W * W);
  constexpr Factor scale = factor_of(INVERSE_SCALE);
  const auto value = I::splat(scale.value), quotient = I::splat(scale.quotient);
  for (int block = 0; block < BLOCKS; block++) {
    int32_t *at = poly.at + block * W * W;
    typename I::Word v[W];
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) v[i] = I::load(at + i * W);
    I::transpose(v);
    inverse_lanes<I, 1>(v, block);
    I::transpose(v);
    inverse_block<I, 1>(v, block);
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) I::store(at + i * W, BLOCKS == 1 ? I::multiply(v[i], value, quotient) : v[i]);
  }
  if constexpr (BLOCKS == 4) {
    quarters<I, true>(poly);
    for (int from = 0; from < N; from += W)
      I::store(poly.at + from, I::multiply(I::load(poly.at + from), value, quotient));
  }
}

}  // namespace qsdm::ml_dsa
