/*
 * The C interface of the key encapsulation: ML-KEM-768 (FIPS 203) on the paths of qsdm_native.h.
 *
 * Arrays have the sizes that are given here, and any content. Time depends on nothing secret. Memory belongs to the
 * caller, and calls from several threads do not meet.
 */
#ifndef QSDM_KEM_H
#define QSDM_KEM_H

#include "qsdm_native.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QSDM_KEM_PUBLIC_KEY_BYTES 1184
#define QSDM_KEM_SECRET_KEY_BYTES 2400
#define QSDM_KEM_CIPHERTEXT_BYTES 1088
#define QSDM_KEM_SECRET_BYTES 32
/* Of a key pair: d, then z. */
#define QSDM_KEM_SEED_BYTES 64
/* Of an encapsulation: m. */
#define QSDM_KEM_MESSAGE_BYTES 32

typedef enum qsdm_kem_status {
  QSDM_KEM_DONE = 0,
  /* No key would be written as these bytes (sections 7.2 and 7.3): nothing was. */
  QSDM_KEM_KEY = 1,
} qsdm_kem_status;

/* ML-KEM.KeyGen_internal. */
void qsdm_ml_kem_keygen(uint32_t path, const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key);

/* ML-KEM.Encaps_internal, after the check of the key. */
qsdm_kem_status qsdm_ml_kem_encapsulate(uint32_t path, const uint8_t *public_key, const uint8_t *message,
                                        uint8_t *ciphertext, uint8_t *secret);

/*
 * ML-KEM.Decaps_internal, after the check of the key. A ciphertext that nobody made under the key gives a secret that
 * nobody else has, and the same one each time.
 */
qsdm_kem_status qsdm_ml_kem_decapsulate(uint32_t path, const uint8_t *secret_key, const uint8_t *ciphertext,
                                        uint8_t *secret);

#ifdef __cplusplus
}
#endif
#endif
