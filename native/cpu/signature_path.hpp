// What one instruction set offers for signatures.
#pragma once

#include "../include/qsdm_signatures.h"
#include "ml_dsa/key_cache.hpp"

namespace qsdm {

// For one parameter set. A secret key is the same for every instruction set.
struct SignatureSet {
  int (*verify)(ml_dsa::KeyCache *, const qsdm_signed *, size_t count, uint8_t *verdicts);
  bool (*generate)(const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key);
  bool (*load)(const uint8_t *secret_key, void *key);
  int (*sign)(const void *key, const qsdm_message &, const uint8_t *rnd, uint8_t *signature);
};

struct SignaturePath {
  SignatureSet ml_dsa_44, ml_dsa_87;
};

extern const SignaturePath SCALAR_SIGNATURES;
extern const SignaturePath AVX2_SIGNATURES;
extern const SignaturePath AVX512_SIGNATURES;

}  // namespace qsdm
