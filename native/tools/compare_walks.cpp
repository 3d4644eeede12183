// Hashes, tables, walks and searches of every engine against the first one on random input.
#include <cstring>

#include "comparisons.hpp"
#include "limit.hpp"

namespace qsdm {
namespace {

constexpr uint64_t ATTEMPTS = 40;

bool same(const qsdm_found &a, const qsdm_found &b) {
  return a.found == b.found && a.attempts == b.attempts &&
         (!a.found || (!std::memcmp(a.nonce, b.nonce, sizeof a.nonce) && !std::memcmp(a.mix, b.mix, sizeof a.mix)));
}

}  // namespace

void compare_walks(Comparisons &to, size_t rounds) {
  const auto all = engines();
  const Engine &first = *all[0];
  const Data table = to.data(3'000 * QSDM_ENTRY_BYTES);
  for (size_t round = 0; round < rounds; round++) {
    std::vector<Data> messages(to.random() % 20 + 1);
    for (Data &message : messages) message = to.data(to.random() % 500);
    const Data previous = to.data(32), nonce = to.data(16), header = to.data(32), root = to.data(32);
    const Data starts = to.data(QSDM_START_BYTES * (to.random() % 20 + 1)), limit = limit_of(to.random() % 50 + 1);
    const auto index = static_cast<uint32_t>(to.random());
    const size_t entries = to.random() % 20 + 1;
    const qsdm_mix mix = to.random() % 2 ? QSDM_MIX_PLAIN : QSDM_MIX_TENSOR;
    const std::string kind = mix == QSDM_MIX_PLAIN ? "" : "tensor ";
    const qsdm_dag whole = {table.data(), to.random() % 2'999 + 1, 1};
    const qsdm_dag light = {table.data(), whole.entries, to.random() % 20 + 1};
    const qsdm_search job = {header.data(), root.data(), limit.data(), whole, mix, nullptr, 0};

    const auto hashes = first.sha3(messages);
    const Data run = first.extend(previous, index, entries);
    const Data mixes = first.walk(whole, mix, starts), light_mixes = first.walk(light, mix, starts);
    const qsdm_found found = first.search(job, nonce, ATTEMPTS);
    for (const Engine *other : all) {
      if (other == &first) continue;
      to.count("SHA3-256", other->sha3(messages) == hashes, other->name());
      to.count("runs of entries", other->extend(previous, index, entries) == run, other->name());
      to.count(kind + "walks", other->walk(whole, mix, starts) == mixes, other->name());
      if (other->walks_checkpoints())
        to.count(kind + "walks over checkpoints", other->walk(light, mix, starts) == light_mixes, other->name());
      to.count(kind + "searches", same(other->search(job, nonce, ATTEMPTS), found), other->name());
    }
  }
}

}  // namespace qsdm
