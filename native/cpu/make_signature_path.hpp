// A path out of lanes of Keccak, for company and for one alone, and the arithmetic of polynomials.
#pragma once

#include "ml_dsa/verify_batch.hpp"
#include "signature_path.hpp"

namespace qsdm {

template <class L, class Single, class A>
int verify_signatures(qsdm_ml_dsa level, ml_dsa::KeyCache *cache, const qsdm_signed *batch, size_t count,
                      uint8_t *verdicts) {
  using namespace ml_dsa;
  if (level == QSDM_ML_DSA_44) return Verifier<Params<44>, L, Single, A>::verify(batch, count, verdicts, cache);
  return Verifier<Params<87>, L, Single, A>::verify(batch, count, verdicts, cache);
}

template <class L, class Single, class A>
constexpr SignaturePath make_signature_path() {
  return {verify_signatures<L, Single, A>};
}

}  // namespace qsdm
