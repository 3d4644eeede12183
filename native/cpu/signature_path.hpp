// What one instruction set offers for signatures.
#pragma once

#include "../include/qsdm_signatures.h"
#include "ml_dsa/key_cache.hpp"

namespace qsdm {

struct SignaturePath {
  int (*verify)(qsdm_ml_dsa, ml_dsa::KeyCache *, const qsdm_signed *, size_t count, uint8_t *verdicts);
};

extern const SignaturePath SCALAR_SIGNATURES;
extern const SignaturePath AVX2_SIGNATURES;
extern const SignaturePath AVX512_SIGNATURES;

}  // namespace qsdm
