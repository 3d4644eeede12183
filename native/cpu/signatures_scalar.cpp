#include "../core/ml_dsa/verify.hpp"
#include "signature_path.hpp"

namespace qsdm {
namespace {

template <int Level>
void verify_all(const qsdm_signed *batch, size_t count, uint8_t *verdicts) {
  for (size_t i = 0; i < count; i++) verdicts[i] = ml_dsa::verify<ml_dsa::Params<Level>>(batch[i]);
}

void verify(qsdm_ml_dsa level, const qsdm_signed *batch, size_t count, uint8_t *verdicts) {
  (level == QSDM_ML_DSA_44 ? verify_all<44> : verify_all<87>)(batch, count, verdicts);
}

}  // namespace

const SignaturePath SCALAR_SIGNATURES = {verify};

}  // namespace qsdm
