// Batches of hashes on every path against one message after the other, absorbed byte by byte.
#include <cstring>
#include <stdexcept>

#include "../core/shake.hpp"
#include "comparisons.hpp"

namespace qsdm {
namespace {

template <int Rate>
Data one(const Data &message, size_t digest_bytes, uint64_t suffix) {
  Shake<Rate> shake;
  begin(shake);
  absorb(shake, message.data(), message.size());
  finish(shake, suffix);
  Data digest(digest_bytes);
  squeeze(shake, digest.data(), digest.size());
  return digest;
}

struct Sponge {
  qsdm_sponge sponge;
  const char *name;
  Data (*hash)(const Data &message, size_t digest_bytes);
};
constexpr Sponge SPONGES[] = {
    {QSDM_SHA3_256, "SHA3-256", [](const Data &message, size_t size) { return one<136>(message, size, SHA3_SUFFIX); }},
    {QSDM_SHAKE128, "SHAKE128", [](const Data &message, size_t size) { return one<168>(message, size, SHAKE_SUFFIX); }},
    {QSDM_SHAKE256, "SHAKE256", [](const Data &message, size_t size) { return one<136>(message, size, SHAKE_SUFFIX); }},
};

// SHA3-256 of nothing, as NIST gives it, of messages that lie nowhere: one, and more than any path has lanes.
bool hashes_nothing(uint32_t path) {
  static constexpr uint8_t EXPECTED[32] = {0xa7, 0xff, 0xc6, 0xf8, 0xbf, 0x1e, 0xd7, 0x66, 0x51, 0xc1, 0x47,
                                           0x56, 0xa0, 0x61, 0xd6, 0x62, 0xf5, 0x80, 0xff, 0x4d, 0xe4, 0x3b,
                                           0x49, 0xfa, 0x82, 0xd8, 0x0a, 0x4b, 0x80, 0xf8, 0x43, 0x4a};
  constexpr uint32_t ends[17] = {};
  for (const size_t count : {size_t{1}, sizeof ends / sizeof *ends}) {
    Data digests(32 * count);
    if (qsdm_hash(path, QSDM_SHA3_256, nullptr, ends, count, digests.data(), 32) != 0) return false;
    for (size_t i = 0; i < count; i++)
      if (std::memcmp(&digests[32 * i], EXPECTED, 32) != 0) return false;
  }
  return true;
}

}  // namespace

void compare_hashes(Comparisons &to, size_t rounds) {
  for (uint32_t path = 0; path < qsdm_path_count(); path++)
    if (!qsdm_path_at(path).missing) to.count("SHA3-256", hashes_nothing(path), qsdm_path_at(path).name);
  for (size_t round = 0; round < rounds; round++) {
    const Sponge &sponge = SPONGES[to.random() % std::size(SPONGES)];
    const size_t digest_bytes = sponge.sponge == QSDM_SHA3_256 ? 32 : to.random() % 400 + 1;
    std::vector<uint32_t> ends;
    Data messages, expected;
    for (size_t left = to.random() % 20 + 1; left > 0; left--) {
      const Data message = to.data(to.random() % 500), digest = sponge.hash(message, digest_bytes);
      messages.insert(messages.end(), message.begin(), message.end());
      expected.insert(expected.end(), digest.begin(), digest.end());
      ends.push_back(static_cast<uint32_t>(messages.size()));
    }
    for (uint32_t path = 0; path < qsdm_path_count(); path++) {
      if (qsdm_path_at(path).missing) continue;
      Data digests(expected.size());
      const int status =
          qsdm_hash(path, sponge.sponge, messages.data(), ends.data(), ends.size(), digests.data(), digest_bytes);
      to.count(sponge.name, status == 0 && digests == expected, qsdm_path_at(path).name);
    }
  }
}

}  // namespace qsdm
