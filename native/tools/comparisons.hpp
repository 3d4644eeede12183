// Random comparisons of paths with each other, counted by what was compared.
#pragma once

#include <map>
#include <random>
#include <string>

#include "check.hpp"
#include "engine.hpp"

namespace qsdm {

class Comparisons {
 public:
  explicit Comparisons(uint64_t seed) : random(seed) {}

  // Random bytes, at an address also where there are none.
  Data data(size_t size) {
    Data out;
    out.reserve(size + 1);
    for (size_t i = 0; i < size; i++) out.push_back(static_cast<uint8_t>(random()));
    return out;
  }
  // An answer of `who` beside the one that it was to be.
  void count(const std::string &what, bool equal, const std::string &who);
  // A line for each thing that was compared.
  Tally print() const;

  std::mt19937_64 random;

 private:
  std::map<std::string, Tally> tallies_;
};

// Each takes rounds of some comparisons for every path.
void compare_walks(Comparisons &to, size_t rounds);
void compare_hashes(Comparisons &to, size_t rounds);
void compare_fields(Comparisons &to, size_t rounds);
void compare_commitments(Comparisons &to, size_t rounds);
void compare_signatures(Comparisons &to, size_t rounds);
void compare_kem(Comparisons &to, size_t rounds);
// Signatures, kept keys and cells on every CUDA device; none without CUDA in this build.
void compare_cuda_signatures(Comparisons &to, size_t rounds);

// All of it, each part in the share that its cost allows, or the part of that name. Fails for a name that is none.
Tally compare(size_t rounds, uint64_t seed, const std::string &part);

}  // namespace qsdm
