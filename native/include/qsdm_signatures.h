/*
 * The C interface of the signatures: ML-DSA-44 and -87 (FIPS 204) in batches, on the paths of qsdm_native.h.
 *
 * Input may be any bytes of any size: what is malformed is refused with a code. Memory belongs to the caller, and calls
 * from several threads do not meet.
 */
#ifndef QSDM_SIGNATURES_H
#define QSDM_SIGNATURES_H

#include "qsdm_native.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parameter set by its number. */
typedef enum qsdm_ml_dsa {
  QSDM_ML_DSA_44 = 44,
  QSDM_ML_DSA_87 = 87,
} qsdm_ml_dsa;

typedef enum qsdm_form {
  /* A message and a context, ML-DSA.Verify. */
  QSDM_FORM_PURE = 0,
  /* M' itself, ML-DSA.Verify_internal; how HashML-DSA is done. No context. */
  QSDM_FORM_INTERNAL = 1,
  /* Its digest mu, 64 bytes. No context. */
  QSDM_FORM_MU = 2,
} qsdm_form;

typedef struct qsdm_message {
  qsdm_form form;
  const uint8_t *bytes;
  size_t size;
  const uint8_t *context;
  size_t context_size;
} qsdm_message;

typedef struct qsdm_signed {
  const uint8_t *public_key;
  size_t public_key_size;
  const uint8_t *signature;
  size_t signature_size;
  qsdm_message message;
} qsdm_signed;

/* Why a signature is not valid, in the order that it is looked at. */
typedef enum qsdm_refusal {
  QSDM_VALID = 0,
  QSDM_REFUSED_KEY_SIZE = 1,
  QSDM_REFUSED_SIGNATURE_SIZE = 2,
  /* Above 255 bytes, or in a form that has none. */
  QSDM_REFUSED_CONTEXT_SIZE = 3,
  QSDM_REFUSED_MU_SIZE = 4,
  /* The hint is not as it would have been written. */
  QSDM_REFUSED_HINT = 5,
  QSDM_REFUSED_Z_RANGE = 6,
  QSDM_REFUSED_CHALLENGE = 7,
  /* Of signing alone: no attempt of 814 may be shown. The key was not made of a seed. */
  QSDM_REFUSED_ATTEMPTS = 8,
} qsdm_refusal;

/*
 * Public keys made ready, so that a key that comes again costs a third. It keeps those that were asked for twice, up to
 * `entries`, and drops the one of eight that was used longest ago. May be used by several threads at once. NULL without
 * memory. An entry takes 68 KiB for level 87 and 22 KiB for level 44.
 */
typedef struct qsdm_key_cache qsdm_key_cache;
qsdm_key_cache *qsdm_key_cache_create(qsdm_ml_dsa level, size_t entries);
/* No call that uses it may be under way. */
void qsdm_key_cache_destroy(qsdm_key_cache *cache);

/*
 * Verifies `count` signatures; `verdicts[i]` becomes the qsdm_refusal of the i-th. `cache` is of the same level, or NULL.
 * Returns 0, or -1 without memory.
 */
int qsdm_ml_dsa_verify(uint32_t path, qsdm_ml_dsa level, qsdm_key_cache *cache, const qsdm_signed *batch, size_t count,
                       uint8_t *verdicts);

#define QSDM_SEED_BYTES 32
#define QSDM_RND_BYTES 32

/* Sizes of a parameter set, in bytes. */
typedef struct qsdm_ml_dsa_sizes {
  size_t public_key, secret_key, signature;
} qsdm_ml_dsa_sizes;
qsdm_ml_dsa_sizes qsdm_ml_dsa_sizes_of(qsdm_ml_dsa level);

/* The key pair of a seed, ML-DSA.KeyGen_internal. Returns 0, or -1 without memory. */
int qsdm_ml_dsa_keygen(uint32_t path, qsdm_ml_dsa level, const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key);

/*
 * A secret key made ready to sign, in memory that the system is asked neither to swap out nor to dump, and that is wiped
 * before it is given back. May be used by several threads at once.
 */
typedef struct qsdm_signer qsdm_signer;

typedef enum qsdm_signer_status {
  QSDM_SIGNER_READY = 0,
  QSDM_SIGNER_MEMORY = 1,
  /* No key would be written as these bytes. */
  QSDM_SIGNER_KEY = 2,
} qsdm_signer_status;

/* Takes a secret key in the form of FIPS 204, of the size that its level has. `signer` is set when it is ready. */
qsdm_signer_status qsdm_signer_create(uint32_t path, qsdm_ml_dsa level, const uint8_t *secret_key, qsdm_signer **signer);
void qsdm_signer_destroy(qsdm_signer *signer);
qsdm_ml_dsa qsdm_signer_level(const qsdm_signer *signer);

/*
 * Signs; the message is of sizes that verification takes. `rnd` is 32 bytes of fresh randomness, or of zeros to sign
 * deterministically. Returns QSDM_VALID, or why it cannot be signed: QSDM_REFUSED_CONTEXT_SIZE, QSDM_REFUSED_MU_SIZE,
 * QSDM_REFUSED_ATTEMPTS, or -1 without memory. `path` need not be the one that the signer was made on.
 */
int qsdm_signer_sign(uint32_t path, const qsdm_signer *signer, const qsdm_message *message, const uint8_t *rnd,
                     uint8_t *signature);

#ifdef __cplusplus
}
#endif
#endif
