// Public polynomials out of SHAKE (FIPS 204, section 7.3).
#pragma once

#include "../shake.hpp"
#include "params.hpp"

namespace qsdm::ml_dsa {

// Takes what is below q among the 23-bit integers in `bytes`, three for each, up to the 256th; `count` have been found.
QSDM_HD int take_below_q(const uint8_t *bytes, int size, int32_t *to, int count) {
  for (int i = 0; i < size && count < N; i += 3) {
    const int32_t value = bytes[i] | bytes[i + 1] << 8 | (bytes[i + 2] & 0x7f) << 16;
    if (value < Q) to[count++] = value;
  }
  return count;
}

// Algorithm 30, RejNTTPoly: the entry of A at `row` and `column`, in the NTT's domain.
QSDM_HD_PART void sample_entry(const uint8_t *rho, int row, int column, Poly &to) {
  Shake<SHAKE128_RATE> shake;
  const uint8_t place[2] = {static_cast<uint8_t>(column), static_cast<uint8_t>(row)};
  begin(shake);
  absorb(shake, rho, SEED_BYTES);
  absorb(shake, place, sizeof place);
  finish(shake);
  // A block holds 56 integers.
  for (int count = 0; count < N;) {
    uint8_t block[SHAKE128_RATE];
    squeeze(shake, block, sizeof block);
    count = take_below_q(block, sizeof block, to.at, count);
  }
}

// Algorithm 29, SampleInBall: TAU coefficients of 1 or -1. `next` gives one byte after the other.
template <class P, class Next>
QSDM_HD void place_signs(uint64_t signs, Next next, Poly &to) {
  for (int32_t &value : to.at) value = 0;
  for (int i = N - P::TAU; i < N; i++) {
    int place = next();
    while (place > i) place = next();
    to.at[i] = to.at[place];
    to.at[place] = 1 - 2 * static_cast<int32_t>(signs & 1);
    signs >>= 1;
  }
}

template <class P>
QSDM_HD_PART void sample_in_ball(const uint8_t *challenge, Poly &to) {
  Shake<SHAKE256_RATE> shake;
  begin(shake);
  absorb(shake, challenge, P::CHALLENGE_BYTES);
  finish(shake);
  uint8_t signs[8];
  squeeze(shake, signs, sizeof signs);
  const auto next = [&shake]() -> int {
    uint8_t byte;
    squeeze(shake, &byte, 1);
    return byte;
  };
  place_signs<P>(load_word(signs), next, to);
}

}  // namespace qsdm::ml_dsa
