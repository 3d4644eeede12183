#pragma once

#include "engine.hpp"

namespace qsdm {

// The largest hash that meets a difficulty, big-endian: (2^256 - 1) / difficulty - 2, since a target is one less than the
// quotient and is never met itself.
inline Data limit_of(uint64_t difficulty) {
  Data limit(32);
  uint64_t rest = 0;
  for (uint8_t &byte : limit) {
    // Difficulties here are small enough for this not to overflow.
    rest = rest << 8 | 0xff;
    byte = static_cast<uint8_t>(rest / difficulty);
    rest %= difficulty;
  }
  for (int less = 0; less < 2; less++)
    for (size_t i = limit.size(); i-- > 0;)
      if (limit[i]-- != 0) break;
  return limit;
}

}  // namespace qsdm
