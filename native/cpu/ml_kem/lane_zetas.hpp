// The factors of the last three layers, whose pairs lie within a vector of sixteen coefficients, for blocks that were
// transposed: lane i has those of block i.
#pragma once

#include "../../core/ml_kem/ntt.hpp"

namespace qsdm::ml_kem {

constexpr int LANES = 16;

// What a product with a constant needs of it besides itself.
constexpr int16_t quotient_of(int16_t value) {
  return static_cast<int16_t>(static_cast<uint32_t>(static_cast<int32_t>(value)) * Q_INVERSE);
}

// Which factor of the forward transform belongs to the pairs from `start` on, and which of the inverse one.
constexpr int forward_zeta(int length, int start) { return N / 2 / length + start / (2 * length); }
constexpr int inverse_zeta(int length, int start) { return N / length - 1 - start / (2 * length); }

// A row for each group of pairs: one 8 apart, two 4 apart, four 2 apart.
struct LaneZetas {
  alignas(64) int16_t value[7][LANES];
  alignas(64) int16_t quotient[7][LANES];
};
constexpr int row_of(int apart, int group) { return 8 / apart - 1 + group; }

constexpr LaneZetas make_lane_zetas(bool inverse) {
  LaneZetas zetas{};
  for (int apart = 8; apart > 1; apart /= 2)
    for (int group = 0; group < 8 / apart; group++)
      for (int lane = 0; lane < LANES; lane++) {
        const int start = LANES * lane + 2 * apart * group, row = row_of(apart, group);
        zetas.value[row][lane] = ZETAS.at[inverse ? inverse_zeta(apart, start) : forward_zeta(apart, start)];
        zetas.quotient[row][lane] = quotient_of(zetas.value[row][lane]);
      }
  return zetas;
}
constexpr LaneZetas FORWARD_ZETAS = make_lane_zetas(false);
constexpr LaneZetas INVERSE_ZETAS = make_lane_zetas(true);

// Roots at the odd coefficients.
struct Roots {
  alignas(64) int16_t value[N];
  alignas(64) int16_t quotient[N];
};
constexpr Roots make_roots() {
  Roots roots{};
  for (int pair = 0; pair < N / 2; pair++) {
    roots.value[2 * pair + 1] = root_of(pair);
    roots.quotient[2 * pair + 1] = quotient_of(root_of(pair));
  }
  return roots;
}
constexpr Roots ROOTS = make_roots();

}  // namespace qsdm::ml_kem
