#pragma once

#include "check.hpp"

namespace qsdm {

// Signatures, good ones and those with a bit turned, on every CUDA device and on the scalar path.
Tally compare_cuda_signatures(size_t rounds, uint64_t seed);

}  // namespace qsdm
