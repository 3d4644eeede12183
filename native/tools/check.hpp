#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace qsdm {

struct Tally {
  size_t passed = 0;
  size_t failed = 0;
};

// Throws std::exception for a file that is no vector file; one without a case for these engines fails.
Tally check_vectors(const std::string &path);

// The queue and its threads `rounds` times, and the search's board on every path.
Tally check_threads(size_t rounds, uint64_t seed);
// Mapped files; their threads take turns as the system has it.
Tally check_files(size_t rounds);

}  // namespace qsdm
