// Arithmetic of polynomials one coefficient at a time.
#pragma once

#include "../../core/ml_dsa/ntt.hpp"
#include "../../core/ml_dsa/sampling.hpp"

namespace qsdm::ml_dsa {

struct Plain {
  static QSDM_HD_MEMBER void ntt(Poly &poly) { ml_dsa::ntt(poly); }
  static QSDM_HD_MEMBER void inverse_ntt(Poly &poly) { ml_dsa::inverse_ntt(poly); }

  // The sum of `count` products over 2^32. Factors between -9 q and 9 q and up to eight products fit 2^31 q.
  static QSDM_HD_MEMBER void sum_of_products(const Poly *a, const Poly *b, int count, Poly &out) {
    for (int i = 0; i < N; i++) {
      int64_t sum = 0;
      for (int k = 0; k < count; k++) sum += int64_t{a[k].at[i]} * b[k].at[i];
      out.at[i] = montgomery(sum);
    }
  }
  // The same with one product more.
  static QSDM_HD_MEMBER void sum_of_products_and(const Poly *a, const Poly *b, int count, const Poly &c, const Poly &d,
                                                 Poly &out) {
    for (int i = 0; i < N; i++) {
      int64_t sum = int64_t{c.at[i]} * d.at[i];
      for (int k = 0; k < count; k++) sum += int64_t{a[k].at[i]} * b[k].at[i];
      out.at[i] = montgomery(sum);
    }
  }
  static QSDM_HD_MEMBER void multiply(const Poly &a, const Poly &b, Poly &out) { sum_of_products(&a, &b, 1, out); }

  static QSDM_HD_MEMBER int take_below_q(const uint8_t *bytes, int size, int32_t *to) {
    return ml_dsa::take_below_q(bytes, size, to, 0);
  }
};

}  // namespace qsdm::ml_dsa
