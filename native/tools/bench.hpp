#pragma once

#include <cstdint>

namespace qsdm {

// Prints what each path does in a second, with the permutation rate of the same run as the bound.
void run_bench();

// Prints the goals of a GPU and what each device reaches. `scale` divides the sizes of everything, for machines that only
// want to see that it runs. Returns whether there was a device and every answer was right.
bool run_gpu_bench(uint64_t scale);

}  // namespace qsdm
