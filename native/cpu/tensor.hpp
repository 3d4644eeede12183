// The matrix product of a step, for as many walks as there are lanes.
#pragma once

#include "../core/fp16.hpp"
#include "../core/one.hpp"

namespace qsdm {

// Lanes without a faster way of their own go one after the other.
template <class L>
struct Tensor {
  static QSDM_HD_MEMBER void multiply(const typename L::Word (&matrix)[64], const typename L::Word (&entry)[4],
                                      typename L::Word (&product)[4]) {
    static_assert(L::width == 1, "vectors bring their own");
    matrix_times_entry(matrix, entry, product);
  }
};

}  // namespace qsdm
