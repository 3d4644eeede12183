// Where a public key belongs in a cache: a hash with secret numbers, so that nobody finds two keys that share a place.
#pragma once

#include <new>
#include <random>

#include "../../core/one.hpp"

namespace qsdm::ml_dsa {

class KeyHash {
 public:
  // Of keys of so many bytes, whole pairs of words.
  explicit KeyHash(size_t key_bytes) : words_(key_bytes / 8), secrets_(new (std::nothrow) uint64_t[key_bytes / 8]) {
    std::random_device random;
    for (size_t i = 0; secrets_ && i < words_; i++) secrets_[i] = uint64_t{random()} << 32 | random();
  }
  KeyHash(const KeyHash &) = delete;
  KeyHash &operator=(const KeyHash &) = delete;
  ~KeyHash() { delete[] secrets_; }
  // False without memory.
  bool ready() const { return secrets_ != nullptr; }

  // Sums of words plus secrets, multiplied in pairs (Black et al., UMAC, 1999), with the high halves folded in.
  uint64_t of(const uint8_t *key) const {
    uint64_t hash = 0;
    for (size_t i = 0; i + 1 < words_; i += 2) {
      const auto product = static_cast<unsigned __int128>(load_word(key + 8 * i) + secrets_[i]) *
                           (load_word(key + 8 * i + 8) + secrets_[i + 1]);
      hash += static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
    }
    return hash;
  }

 private:
  const size_t words_;
  uint64_t *secrets_;
};

}  // namespace qsdm::ml_dsa
