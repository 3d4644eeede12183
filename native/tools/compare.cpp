// Every engine against the first one on random input.
#include <cstdio>
#include <cstring>
#include <random>

#include "../include/qsdm_pedersen.h"
#include "check.hpp"
#include "engine.hpp"
#include "limit.hpp"

namespace qsdm {
namespace {

constexpr uint64_t ATTEMPTS = 40;

bool same(const qsdm_found &a, const qsdm_found &b) {
  return a.found == b.found && a.attempts == b.attempts &&
         (!a.found || (!std::memcmp(a.nonce, b.nonce, sizeof a.nonce) && !std::memcmp(a.mix, b.mix, sizeof a.mix)));
}

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

// One and zero give the generators, nothing the identity, in more than one group.
bool commits_to_generators() {
  static constexpr uint8_t STARTS[3][3] = {{0x97, 0xf1, 0xd3}, {0x91, 0x7c, 0x9e}, {0xc0, 0, 0}};
  constexpr size_t COUNT = 70;
  Data values(COUNT * QSDM_SCALAR_BYTES), blindings(values.size()), commitments(COUNT * QSDM_COMMITMENT_BYTES);
  for (size_t i = 0; i < COUNT; i++) {
    values[(i + 1) * QSDM_SCALAR_BYTES - 1] = i % 3 == 0;
    blindings[(i + 1) * QSDM_SCALAR_BYTES - 1] = i % 3 == 1;
  }
  qsdm_pedersen_commit(values.data(), blindings.data(), COUNT, commitments.data());
  bool right = qsdm_pedersen_are_scalars(values.data(), COUNT) == 1;
  for (size_t i = 0; i < COUNT; i++)
    right = right && std::memcmp(&commitments[i * QSDM_COMMITMENT_BYTES], STARTS[i % 3], sizeof STARTS[0]) == 0;
  return right;
}

}  // namespace

Tally compare_engines(size_t rounds, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto data = [&](size_t size) {
    Data out(size);
    for (uint8_t &byte : out) byte = static_cast<uint8_t>(random());
    return out;
  };
  const auto all = engines();
  const Engine &first = *all[0];
  const Data table = data(3'000 * QSDM_ENTRY_BYTES);
  Tally total;
  const auto count = [&](const Engine &engine, bool equal, const char *what) {
    (equal ? total.passed : total.failed)++;
    if (!equal) std::printf("FAIL %s: %s differs\n", engine.name().c_str(), what);
  };
  for (uint32_t path = 0; path < qsdm_path_count(); path++) {
    if (qsdm_path_at(path).missing) continue;
    const bool right = hashes_nothing(path);
    (right ? total.passed : total.failed)++;
    if (!right) std::printf("FAIL %s: the hash of nothing differs\n", qsdm_path_at(path).name);
  }
  const bool commits = commits_to_generators();
  (commits ? total.passed : total.failed)++;
  if (!commits) std::printf("FAIL commitments to one and zero are not the generators\n");
  for (size_t round = 0; round < rounds; round++) {
    std::vector<Data> messages(random() % 20 + 1);
    for (Data &message : messages) message = data(random() % 500);
    const Data previous = data(32), nonce = data(16), header = data(32), root = data(32);
    const Data starts = data(QSDM_START_BYTES * (random() % 20 + 1)), limit = limit_of(random() % 50 + 1);
    const auto index = static_cast<uint32_t>(random());
    const size_t entries = random() % 20 + 1;
    const qsdm_mix mix = random() % 2 ? QSDM_MIX_PLAIN : QSDM_MIX_TENSOR;
    const qsdm_dag whole = {table.data(), random() % 2'999 + 1, 1}, light = {table.data(), whole.entries, random() % 20 + 1};
    const qsdm_search job = {header.data(), root.data(), limit.data(), whole, mix, nullptr, 0};

    const auto hashes = first.sha3(messages);
    const Data run = first.extend(previous, index, entries);
    const Data mixes = first.walk(whole, mix, starts), light_mixes = first.walk(light, mix, starts);
    const qsdm_found found = first.search(job, nonce, ATTEMPTS);
    for (const Engine *other : all) {
      if (other == &first) continue;
      count(*other, other->sha3(messages) == hashes, "sha3");
      count(*other, other->extend(previous, index, entries) == run, "a run of entries");
      count(*other, other->walk(whole, mix, starts) == mixes, "a walk over a table");
      if (other->walks_checkpoints())
        count(*other, other->walk(light, mix, starts) == light_mixes, "a walk over checkpoints");
      count(*other, same(other->search(job, nonce, ATTEMPTS), found), "a search");
    }
  }
  std::printf("random comparisons, seed %llu: %zu passed, %zu failed\n", static_cast<unsigned long long>(seed),
              total.passed, total.failed);
  return total;
}

}  // namespace qsdm
