// Polynomials out of SHAKE (FIPS 203, section 4.2.2).
#pragma once

#include "../shake.hpp"
#include "field.hpp"

namespace qsdm::ml_kem {

// Takes what is below q among the 12-bit integers in `bytes`, two for each three, up to the 256th; `count` have been found.
QSDM_HD int take_below_q(const uint8_t *bytes, int size, int16_t *to, int count) {
  for (int i = 0; i + 3 <= size && count < N; i += 3) {
    const int32_t low = bytes[i] | (bytes[i + 1] & 15) << 8, high = bytes[i + 1] >> 4 | bytes[i + 2] << 4;
    if (low < Q) to[count++] = static_cast<int16_t>(low);
    if (high < Q && count < N) to[count++] = static_cast<int16_t>(high);
  }
  return count;
}

// Algorithm 7, SampleNTT, of rho and the two bytes that name an entry of the matrix.
QSDM_HD_PART void sample_entry(const uint8_t *rho, int first, int second, Poly &to) {
  Shake<SHAKE128_RATE> shake;
  const uint8_t place[2] = {static_cast<uint8_t>(first), static_cast<uint8_t>(second)};
  begin(shake);
  absorb(shake, rho, SEED_BYTES);
  absorb(shake, place, sizeof place);
  finish(shake);
  // A block holds 112 integers.
  for (int count = 0; count < N;) {
    uint8_t block[SHAKE128_RATE];
    squeeze(shake, block, sizeof block);
    count = take_below_q(block, sizeof block, to.at, count);
  }
}

// Bytes that a polynomial of SamplePolyCBD takes.
constexpr int SHORT_BYTES = 64 * ETA;

// Algorithm 8, SamplePolyCBD: each half byte is a coefficient, two bits less two others.
QSDM_HD_PART void sample_short(const uint8_t *bytes, Poly &to) {
  for (int i = 0; i < N / 8; i++) {
    uint32_t word;
    memcpy(&word, bytes + 4 * i, sizeof word);
    const uint32_t sums = (word & 0x55555555) + (word >> 1 & 0x55555555);
    for (int k = 0; k < 8; k++)
      to.at[8 * i + k] = static_cast<int16_t>(static_cast<int32_t>(sums >> 4 * k & 3) -
                                              static_cast<int32_t>(sums >> (4 * k + 2) & 3));
  }
}

}  // namespace qsdm::ml_kem
