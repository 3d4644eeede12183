// Arithmetic of polynomials over vectors `I`.
#pragma once

#include "../../core/ml_dsa/sampling.hpp"
#include "ntt_lanes.hpp"

namespace qsdm::ml_dsa {

template <class I>
struct Vectors {
  static QSDM_HD_MEMBER void ntt(Poly &poly) { ntt_lanes<I>(poly); }
  static QSDM_HD_MEMBER void inverse_ntt(Poly &poly) { inverse_ntt_lanes<I>(poly); }

  // The sum of `count` products over 2^32. Factors between -9 q and 9 q and up to eight products fit 2^31 q.
  static QSDM_HD_MEMBER void sum_of_products(const Poly *a, const Poly *b, int count, Poly &out) {
    for (int i = 0; i < N; i += I::width) {
      auto sum = I::product(I::load(a[0].at + i), I::load(b[0].at + i));
      for (int k = 1; k < count; k++) sum = I::add(sum, I::product(I::load(a[k].at + i), I::load(b[k].at + i)));
      I::store(out.at + i, I::reduced(sum));
    }
  }
  // The same with one product more.
  static QSDM_HD_MEMBER void sum_of_products_and(const Poly *a, const Poly *b, int count, const Poly &c, const Poly &d,
                                                 Poly &out) {
    for (int i = 0; i < N; i += I::width) {
      auto sum = I::product(I::load(c.at + i), I::load(d.at + i));
      for (int k = 0; k < count; k++) sum = I::add(sum, I::product(I::load(a[k].at + i), I::load(b[k].at + i)));
      I::store(out.at + i, I::reduced(sum));
    }
  }
  static QSDM_HD_MEMBER void multiply(const Poly &a, const Poly &b, Poly &out) { sum_of_products(&a, &b, 1, out); }

  static QSDM_HD_MEMBER int take_below_q(const uint8_t *bytes, int size, int32_t *to) {
    int at = 0;
    const int count = I::take_below_q(bytes, size, to, 0, at);
    return ml_dsa::take_below_q(bytes + at, size - at, to, count);
  }
};

}  // namespace qsdm::ml_dsa
