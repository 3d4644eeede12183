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

#ifdef __cplusplus
}
#endif
#endif
