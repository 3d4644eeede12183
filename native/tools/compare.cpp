// Every engine against the first one on random input.
#include <cstdio>
#include <cstring>
#include <random>

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
