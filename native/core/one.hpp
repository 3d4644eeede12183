// The lane that is one 64-bit integer. `Tag` keeps copies for different instruction sets apart.
#pragma once

#include "host_device.hpp"

namespace qsdm {

// Little-endian, as FIPS 202 and every machine that this is built for have it.
QSDM_HD uint64_t load_word(const uint8_t *from) {
  uint64_t word;
  memcpy(&word, from, sizeof word);
  return word;
}
QSDM_HD void store_word(uint8_t *to, uint64_t word) { memcpy(to, &word, sizeof word); }

QSDM_HD uint32_t swap32(uint32_t word) {
  return word >> 24 | (word >> 8 & 0xff00) | (word << 8 & 0xff0000) | word << 24;
}
QSDM_HD uint64_t swap64(uint64_t word) {
  return uint64_t{swap32(static_cast<uint32_t>(word))} << 32 | swap32(static_cast<uint32_t>(word >> 32));
}

template <int Tag>
struct One {
  using Word = uint64_t;
  static constexpr int width = 1;

  static QSDM_HD_MEMBER Word splat(uint64_t value) { return value; }
  static QSDM_HD_MEMBER Word xor2(Word a, Word b) { return a ^ b; }
  static QSDM_HD_MEMBER Word xor3(Word a, Word b, Word c) { return a ^ b ^ c; }
  static QSDM_HD_MEMBER Word chi(Word a, Word b, Word c) { return a ^ (~b & c); }
  template <int By>
  static QSDM_HD_MEMBER Word rol(Word a) {
    return By == 0 ? a : a << By | a >> (64 - By) % 64;
  }
  // The 8 or 32 bytes at each row, one row for each lane.
  static QSDM_HD_MEMBER Word load1(const uint8_t *const *rows) { return load_word(rows[0]); }
  static QSDM_HD_MEMBER void load4(const uint8_t *const *rows, Word *words) {
    for (int i = 0; i < 4; i++) words[i] = load_word(rows[0] + 8 * i);
  }
  static QSDM_HD_MEMBER void store4(uint8_t *const *rows, const Word *words) {
    for (int i = 0; i < 4; i++) store_word(rows[0] + 8 * i, words[i]);
  }
  // The word of each lane, in memory.
  static QSDM_HD_MEMBER Word load(const uint64_t *from) { return *from; }
  static QSDM_HD_MEMBER void store(uint64_t *to, Word word) { *to = word; }
};

}  // namespace qsdm
