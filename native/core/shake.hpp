// SHAKE128 and SHAKE256 of FIPS 202 over bytes that come in parts, one state.
#pragma once

#include "one.hpp"
#include "keccak.hpp"

namespace qsdm {

constexpr int SHAKE128_RATE = 168;
constexpr int SHAKE256_RATE = 136;
constexpr int SHA3_512_RATE = 72;

QSDM_HD_PART void permute_one(uint64_t (&s)[25]) { keccak_f<One<1>>(s); }

template <int Rate>
struct Shake {
  uint64_t s[25];
  // Bytes of the block that were taken in, or given out.
  int at;
};

template <int Rate>
QSDM_HD void begin(Shake<Rate> &shake) {
  for (uint64_t &word : shake.s) word = 0;
  shake.at = 0;
}

template <int Rate>
QSDM_HD_PART void absorb(Shake<Rate> &shake, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    shake.s[shake.at / 8] ^= uint64_t{bytes[i]} << 8 * (shake.at % 8);
    if (++shake.at == Rate) {
      permute_one(shake.s);
      shake.at = 0;
    }
  }
}

// Pads, for SHA3 with its suffix; the first byte that is squeezed permutes.
template <int Rate>
QSDM_HD void finish(Shake<Rate> &shake, uint64_t suffix = SHAKE_SUFFIX) {
  shake.s[shake.at / 8] ^= suffix << 8 * (shake.at % 8);
  shake.s[Rate / 8 - 1] ^= LAST_BIT;
  shake.at = Rate;
}

template <int Rate>
QSDM_HD_PART void squeeze(Shake<Rate> &shake, uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (shake.at == Rate) {
      permute_one(shake.s);
      shake.at = 0;
    }
    bytes[i] = static_cast<uint8_t>(shake.s[shake.at / 8] >> 8 * (shake.at % 8));
    shake.at++;
  }
}

}  // namespace qsdm
