// Factors of the transform for vectors of `W` coefficients: the last layers pair coefficients of one vector, so the
// vectors of a square block of W by W are transposed first, and each lane has a factor of its own.
#pragma once

#include "../../core/ml_dsa/ntt.hpp"

namespace qsdm::ml_dsa {

// A factor, and its product with the inverse of q modulo 2^32, by which one multiplication less is waited for.
struct Factor {
  int32_t value, quotient;
};
constexpr Factor factor_of(int32_t value) {
  return {value, static_cast<int32_t>(static_cast<uint32_t>(value) * Q_INVERSE)};
}

template <int W>
struct LaneZetas {
  static constexpr int BLOCKS = N / (W * W);
  // By block, then layers of W / 2 to 1, the groups of a layer in order.
  alignas(64) int32_t value[BLOCKS][W - 1][W];
  alignas(64) int32_t quotient[BLOCKS][W - 1][W];
};

// Place of a layer's group among the W - 1.
template <int W>
constexpr int place_of(int length, int group) {
  return W / (2 * length) - 1 + group;
}

// Number of the factor of the coefficients from `start` on, in a layer of pairs `length` apart.
constexpr int forward_zeta(int length, int start) { return N / (2 * length) + start / (2 * length); }
constexpr int inverse_zeta(int length, int start) { return N / length - 1 - start / (2 * length); }

template <int W, bool Inverse>
constexpr LaneZetas<W> make_lane_zetas() {
  LaneZetas<W> zetas{};
  for (int block = 0; block < zetas.BLOCKS; block++)
    for (int length = W / 2; length > 0; length /= 2)
      for (int group = 0; group < W / (2 * length); group++)
        for (int lane = 0; lane < W; lane++) {
          const int start = block * W * W + lane * W + group * 2 * length;
          const Factor factor = factor_of(Inverse ? -ZETAS.at[inverse_zeta(length, start)]
                                                  : ZETAS.at[forward_zeta(length, start)]);
          zetas.value[block][place_of<W>(length, group)][lane] = factor.value;
          zetas.quotient[block][place_of<W>(length, group)][lane] = factor.quotient;
        }
  return zetas;
}

template <int W>
constexpr LaneZetas<W> FORWARD_ZETAS = make_lane_zetas<W, false>();
template <int W>
constexpr LaneZetas<W> INVERSE_ZETAS = make_lane_zetas<W, true>();

}  // namespace qsdm::ml_dsa
