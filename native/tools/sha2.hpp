// SHA-2 (FIPS 180-4), for HashML-DSA in the standards' files: nothing else here hashes with it. Its constants are computed
// from the primes that they are defined by.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace qsdm {

// A number of 256 bits, the lowest limb first.
using Limbs = std::array<uint32_t, 8>;

inline Limbs times(const Limbs &a, const Limbs &b) {
  Limbs out{};
  for (size_t i = 0; i < out.size(); i++) {
    uint64_t carry = 0;
    for (size_t j = 0; i + j < out.size(); j++) {
      carry += uint64_t{a[i]} * b[j] + out[i + j];
      out[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  return out;
}

// The first 64 bits after the point of a prime's square root, or of its cube root (`degree` 3).
inline uint64_t root_fraction(uint32_t prime, size_t degree) {
  Limbs root{}, scaled{};
  scaled[2 * degree] = prime;
  for (size_t bit = 68; bit-- > 0;) {
    Limbs larger = root;
    larger[bit / 32] |= uint32_t{1} << bit % 32;
    Limbs power = larger;
    for (size_t i = 1; i < degree; i++) power = times(power, larger);
    size_t limb = power.size() - 1;
    while (limb > 0 && power[limb] == scaled[limb]) limb--;
    if (power[limb] <= scaled[limb]) root = larger;
  }
  return uint64_t{root[1]} << 32 | root[0];
}

template <class Word>
using HashState = std::array<Word, 8>;

struct Sha2Constants {
  // Of the first 80 primes' cube roots, and of the first sixteen's square roots.
  std::array<uint64_t, 80> rounds{};
  std::array<uint64_t, 16> starts{};

  Sha2Constants() {
    uint32_t prime = 1;
    for (size_t i = 0; i < rounds.size(); i++) {
      for (bool found = false; !found;) {
        prime++;
        found = true;
        for (uint32_t by = 2; by * by <= prime; by++) found = found && prime % by != 0;
      }
      rounds[i] = root_fraction(prime, 3);
      if (i < starts.size()) starts[i] = root_fraction(prime, 2);
    }
  }
  // Eight starts from `first` on, shifted.
  template <class Word>
  HashState<Word> state(size_t first, int shift) const {
    HashState<Word> out{};
    for (size_t i = 0; i < out.size(); i++) out[i] = static_cast<Word>(starts[first + i] >> shift);
    return out;
  }
};

inline const Sha2Constants &sha2_constants() {
  static const Sha2Constants made;
  return made;
}

// How far words are turned, or shifted where it says so: Sigma 0 and 1, and sigma 0 and 1 whose last one is shifted.
template <class Word>
inline constexpr std::array<std::array<int, 3>, 4> TURNS =
    std::is_same_v<Word, uint32_t>
        ? std::array<std::array<int, 3>, 4>{{{2, 13, 22}, {6, 11, 25}, {7, 18, 3}, {17, 19, 10}}}
        : std::array<std::array<int, 3>, 4>{{{28, 34, 39}, {14, 18, 41}, {1, 8, 7}, {19, 61, 6}}};

template <class Word>
void compress(HashState<Word> &state, const uint8_t *block) {
  constexpr size_t ROUNDS = sizeof(Word) == 4 ? 64 : 80;
  const auto turned = [](Word word, size_t which) {
    const auto &[a, b, c] = TURNS<Word>[which];
    return static_cast<Word>(std::rotr(word, a) ^ std::rotr(word, b) ^ (which < 2 ? std::rotr(word, c) : word >> c));
  };
  std::array<Word, ROUNDS> w{};
  for (size_t i = 0; i < 16 * sizeof(Word); i++)
    w[i / sizeof(Word)] = static_cast<Word>(w[i / sizeof(Word)] << 8 | block[i]);
  for (size_t i = 16; i < ROUNDS; i++)
    w[i] = static_cast<Word>(turned(w[i - 2], 3) + w[i - 7] + turned(w[i - 15], 2) + w[i - 16]);
  HashState<Word> s = state;
  for (size_t i = 0; i < ROUNDS; i++) {
    const auto &[a, b, c, d, e, f, g, h] = s;
    const auto constant = static_cast<Word>(sha2_constants().rounds[i] >> (64 - 8 * sizeof(Word)));
    const auto t1 = static_cast<Word>(h + turned(e, 1) + ((e & f) ^ (~e & g)) + constant + w[i]);
    const auto t2 = static_cast<Word>(turned(a, 0) + ((a & b) ^ (a & c) ^ (b & c)));
    s = {static_cast<Word>(t1 + t2), a, b, c, static_cast<Word>(d + t1), e, f, g};
  }
  for (size_t i = 0; i < state.size(); i++) state[i] = static_cast<Word>(state[i] + s[i]);
}

template <class Word>
std::vector<uint8_t> sha2(HashState<Word> state, std::vector<uint8_t> message, size_t digest_bytes) {
  constexpr size_t BLOCK = 16 * sizeof(Word);
  const uint64_t bits = 8 * uint64_t{message.size()};
  message.push_back(0x80);
  // The length takes two words.
  while (message.size() % BLOCK != BLOCK - 2 * sizeof(Word)) message.push_back(0);
  message.resize(message.size() + 2 * sizeof(Word) - 8);
  for (int byte = 7; byte >= 0; byte--) message.push_back(static_cast<uint8_t>(bits >> 8 * byte));
  for (size_t at = 0; at < message.size(); at += BLOCK) compress(state, &message[at]);
  std::vector<uint8_t> digest;
  for (size_t i = 0; i < digest_bytes; i++)
    digest.push_back(static_cast<uint8_t>(state[i / sizeof(Word)] >> 8 * (sizeof(Word) - 1 - i % sizeof(Word))));
  return digest;
}

inline std::vector<uint8_t> sha224(const std::vector<uint8_t> &message) {
  return sha2(sha2_constants().state<uint32_t>(8, 0), message, 28);
}
inline std::vector<uint8_t> sha256(const std::vector<uint8_t> &message) {
  return sha2(sha2_constants().state<uint32_t>(0, 32), message, 32);
}
inline std::vector<uint8_t> sha384(const std::vector<uint8_t> &message) {
  return sha2(sha2_constants().state<uint64_t>(8, 0), message, 48);
}
inline std::vector<uint8_t> sha512(const std::vector<uint8_t> &message) {
  return sha2(sha2_constants().state<uint64_t>(0, 0), message, 64);
}
// SHA-512/224 and SHA-512/256, whose start is a digest of their name (section 5.3.6).
inline std::vector<uint8_t> sha512_part(std::string_view name, const std::vector<uint8_t> &message, size_t digest_bytes) {
  HashState<uint64_t> state = sha2_constants().state<uint64_t>(0, 0);
  for (uint64_t &word : state) word ^= 0xa5a5a5a5a5a5a5a5;
  const auto start = sha2(state, {name.begin(), name.end()}, 64);
  for (size_t i = 0; i < 64; i++) state[i / 8] = state[i / 8] << 8 | start[i];
  return sha2(state, message, digest_bytes);
}

}  // namespace qsdm
