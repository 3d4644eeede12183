// Arithmetic of polynomials one coefficient at a time.
#pragma once

#include "../../core/ml_kem/ntt.hpp"
#include "../../core/ml_kem/sampling.hpp"

namespace qsdm::ml_kem {

struct Plain {
  static QSDM_HD_MEMBER void ntt(Poly &poly) { ml_kem::ntt(poly); }
  static QSDM_HD_MEMBER void inverse_ntt(Poly &poly) { ml_kem::inverse_ntt(poly); }
  static QSDM_HD_MEMBER void make_factor(const Poly &poly, Factor &to) { ml_kem::make_factor(poly, to); }
  static QSDM_HD_MEMBER void sum_of_products(const Poly (&a)[K], const Factor (&b)[K], Poly &out) {
    ml_kem::sum_of_products(a, b, out);
  }
  static QSDM_HD_MEMBER int take_below_q(const uint8_t *bytes, int size, int16_t *to) {
    return ml_kem::take_below_q(bytes, size, to, 0);
  }
};

}  // namespace qsdm::ml_kem
