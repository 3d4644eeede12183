#include "comparisons.hpp"

#include <algorithm>
#include <cstdio>

namespace qsdm {
namespace {

// `times` as many rounds of a part, or one in `each`.
struct Part {
  const char *name;
  void (*compare)(Comparisons &to, size_t rounds);
  size_t times, each;
};
constexpr Part PARTS[] = {
    {"walks", compare_walks, 1, 1},           {"hashes", compare_hashes, 5, 1},
    {"fields", compare_fields, 5, 1},         {"commitments", compare_commitments, 1, 1},
    {"signatures", compare_signatures, 1, 2}, {"kem", compare_kem, 2, 1},
    {"cuda", compare_cuda_signatures, 1, 50},
};

}  // namespace

void Comparisons::count(const std::string &what, bool equal, const std::string &who) {
  Tally &tally = tallies_[what];
  (equal ? tally.passed : tally.failed)++;
  if (!equal) std::printf("FAIL %s: %s differs\n", who.c_str(), what.c_str());
}

Tally Comparisons::print() const {
  Tally total;
  for (const auto &[what, tally] : tallies_) {
    std::printf("  %-28s %9zu passed, %zu failed\n", what.c_str(), tally.passed, tally.failed);
    total.passed += tally.passed;
    total.failed += tally.failed;
  }
  return total;
}

Tally compare(size_t rounds, uint64_t seed, const std::string &part) {
  Comparisons comparisons(seed);
  std::printf("random comparisons, seed %llu\n", static_cast<unsigned long long>(seed));
  for (const Part &each : PARTS)
    if (part.empty() || part == each.name)
      each.compare(comparisons, rounds == 0 ? 0 : std::max<size_t>(rounds * each.times / each.each, 1));
  return comparisons.print();
}

}  // namespace qsdm
