// What one instruction set offers for signatures.
#pragma once

#include "../include/qsdm_signatures.h"

namespace qsdm {

struct SignaturePath {
  void (*verify)(qsdm_ml_dsa, const qsdm_signed *, size_t count, uint8_t *verdicts);
};

extern const SignaturePath SCALAR_SIGNATURES;

}  // namespace qsdm
