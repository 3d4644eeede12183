#pragma once

namespace qsdm {

// Prints what each path does in a second, with the permutation rate of the same run as the bound.
void run_bench();

}  // namespace qsdm
