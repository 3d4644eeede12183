// What one instruction set offers for key encapsulation.
#pragma once

#include "../include/qsdm_kem.h"

namespace qsdm {

struct KemPath {
  void (*generate)(const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key);
  // False for a key that would not be written so.
  bool (*encapsulate)(const uint8_t *public_key, const uint8_t *message, uint8_t *ciphertext, uint8_t *secret);
  bool (*decapsulate)(const uint8_t *secret_key, const uint8_t *ciphertext, uint8_t *secret);
};

template <class Kem>
constexpr KemPath make_kem_path() {
  return {Kem::generate, Kem::encapsulate, Kem::decapsulate};
}

extern const KemPath SCALAR_KEM;
extern const KemPath AVX2_KEM;
extern const KemPath AVX512_KEM;

}  // namespace qsdm
