// Secret polynomials out of SHAKE256 (FIPS 204, section 7.3). Nothing depends on a coefficient but how many there are yet.
#pragma once

#include "../secrets.hpp"
#include "../shake.hpp"
#include "packing.hpp"

namespace qsdm::ml_dsa {

// Algorithm 15, CoeffFromHalfByte, for ETA of 2: 2 less the half byte modulo 5, for those below 15.
QSDM_HD int32_t short_of(int32_t half) { return 2 - (half - (205 * half >> 10) * 5); }

// Takes what is below 15 among the half bytes, up to the 256th; `count` have been found. Which ones were passed over is no
// secret: it says nothing of those that were taken.
QSDM_HD int take_short(const uint8_t *bytes, int size, int32_t *to, int count) {
  for (int i = 0; i < size; i++)
    for (int shift = 0; shift < 8 && count < N; shift += 4) {
      const int32_t half = bytes[i] >> shift & 15;
      to[count] = short_of(half);
      count += declassified(static_cast<int>(half < 15));
    }
  return count;
}

// Begins SHAKE256 of a seed of 64 bytes and a number of two.
QSDM_HD void begin_numbered(Shake<SHAKE256_RATE> &shake, const uint8_t *seed, int number) {
  const uint8_t place[2] = {static_cast<uint8_t>(number), static_cast<uint8_t>(number >> 8)};
  begin(shake);
  absorb(shake, seed, 64);
  absorb(shake, place, sizeof place);
  finish(shake);
}

// Algorithm 31, RejBoundedPoly.
QSDM_HD_PART void sample_short(const uint8_t *seed, int number, Poly &to) {
  Shake<SHAKE256_RATE> shake;
  begin_numbered(shake, seed, number);
  uint8_t block[SHAKE256_RATE];
  for (int count = 0; count < N;) {
    squeeze(shake, block, sizeof block);
    count = take_short(block, sizeof block, to.at, count);
  }
  wipe(&shake, sizeof shake);
  wipe(block, sizeof block);
}

}  // namespace qsdm::ml_dsa
