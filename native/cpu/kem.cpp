// The C interface of the key encapsulation: picks a path and hands over.
#include "kem_path.hpp"

namespace {

// In the order of the paths of qsdm_native.h.
#if defined(__x86_64__) || defined(_M_X64)
constexpr const qsdm::KemPath *PATHS[] = {&qsdm::SCALAR_KEM, &qsdm::AVX2_KEM, &qsdm::AVX512_KEM};
#else
constexpr const qsdm::KemPath *PATHS[] = {&qsdm::SCALAR_KEM};
#endif

}  // namespace

extern "C" {

void qsdm_ml_kem_keygen(uint32_t path, const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key) {
  PATHS[path]->generate(seed, public_key, secret_key);
}

qsdm_kem_status qsdm_ml_kem_encapsulate(uint32_t path, const uint8_t *public_key, const uint8_t *message,
                                        uint8_t *ciphertext, uint8_t *secret) {
  return PATHS[path]->encapsulate(public_key, message, ciphertext, secret) ? QSDM_KEM_DONE : QSDM_KEM_KEY;
}

qsdm_kem_status qsdm_ml_kem_decapsulate(uint32_t path, const uint8_t *secret_key, const uint8_t *ciphertext,
                                        uint8_t *secret) {
  return PATHS[path]->decapsulate(secret_key, ciphertext, secret) ? QSDM_KEM_DONE : QSDM_KEM_KEY;
}

}  // extern "C"
