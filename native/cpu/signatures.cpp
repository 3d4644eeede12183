// The C interface of the signatures: picks a path and hands over.
#include "signature_path.hpp"

namespace {

// By the number of the path; those behind the last one use it.
const qsdm::SignaturePath &path_at(uint32_t) { return qsdm::SCALAR_SIGNATURES; }

}  // namespace

extern "C" {

void qsdm_ml_dsa_verify(uint32_t path, qsdm_ml_dsa level, const qsdm_signed *batch, size_t count, uint8_t *verdicts) {
  path_at(path).verify(level, batch, count, verdicts);
}

}  // extern "C"
