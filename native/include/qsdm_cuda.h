/*
 * The C interface of the CUDA kernels. A process without a driver or a device can call all of it and gets a status.
 *
 * Statuses are CUDA's runtime error numbers, 0 for success, and below 0 the ones here. Pointers are to host memory unless
 * they say otherwise. A table, a set of keys and a signer serve one thread at a time each.
 */
#ifndef QSDM_CUDA_H
#define QSDM_CUDA_H

#include "qsdm_native.h"
#include "qsdm_signatures.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change that an older caller would not survive. Compare it with qsdm_cuda_abi() first. */
#define QSDM_CUDA_ABI 3
uint32_t qsdm_cuda_abi(void);

/* The checkpoints are not those of one chain from the first one on. */
#define QSDM_CUDA_WRONG_CHECKPOINTS (-1)
/* No secret key would be written as these bytes. */
#define QSDM_CUDA_NO_KEY (-2)

typedef struct qsdm_cuda_table qsdm_cuda_table;

/* Devices, and why there are none: a text that lives as long as the process, NULL where there are some. */
int qsdm_cuda_devices(const char **why_none);

typedef struct qsdm_cuda_device {
  char name[256];
  uint8_t uuid[16];
  uint64_t memory_bytes;
  uint32_t multiprocessors;
  /* Compute capability. */
  uint32_t major, minor;
} qsdm_cuda_device;

/* `device` is below qsdm_cuda_devices(), here and below. */
int qsdm_cuda_device_at(int device, qsdm_cuda_device *what);
/* What a status means; lives as long as the process. */
const char *qsdm_cuda_status_text(int status);

/*
 * From now on, for this thread: adds the seconds that kernels take on the device to `*seconds`, those of searches left
 * out; NULL ends it.
 */
void qsdm_cuda_time_kernels(double *seconds);

/* SHA3-256 of messages as qsdm_hash takes them. */
int qsdm_cuda_sha3(int device, const uint8_t *messages, const uint32_t *ends, size_t count, uint8_t *digests);

/*
 * Builds a table on the device from every `interval`-th entry, each segment by a thread, and checks that each ends in the
 * next checkpoint. Whoever knows that the first entry is right then has the true table, whoever the rest is from. A whole
 * table (`interval` 1) is copied as it is.
 */
int qsdm_cuda_table_create(int device, const qsdm_dag *checkpoints, qsdm_cuda_table **table);
void qsdm_cuda_table_destroy(qsdm_cuda_table *table);
/* Copies entries `from` to `from` + `count` of the table out. */
int qsdm_cuda_table_read(const qsdm_cuda_table *table, uint64_t from, uint64_t count, uint8_t *entries);

/* As qsdm_walk over the device's table. */
int qsdm_cuda_walk(const qsdm_cuda_table *table, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes);

/*
 * As qsdm_search_nonces over the device's table; the table of `job` is not read. The board is looked at between
 * launches, which take some milliseconds.
 */
int qsdm_cuda_search(const qsdm_cuda_table *table, const qsdm_search *job, const uint8_t *start, uint64_t attempts,
                     qsdm_found *found);

/*
 * Public keys made ready on the device, as qsdm_key_cache keeps them: those that were asked for twice, up to `entries`. An
 * entry takes 65 KiB of the device for level 87 and 21 KiB for level 44, which are taken at once.
 */
typedef struct qsdm_cuda_keys qsdm_cuda_keys;
int qsdm_cuda_keys_create(int device, qsdm_ml_dsa level, uint32_t entries, qsdm_cuda_keys **keys);
void qsdm_cuda_keys_destroy(qsdm_cuda_keys *keys);

/*
 * Verifies as qsdm_ml_dsa_verify does, a signature by each thread. `keys` is of the same device and level, or NULL.
 * `digests` is NULL or takes the SHA3-256 of each message, whatever its signature is: with it, cells are validated in one
 * submission.
 */
int qsdm_cuda_ml_dsa_verify(int device, qsdm_ml_dsa level, qsdm_cuda_keys *keys, const qsdm_signed *batch, size_t count,
                            uint8_t *verdicts, uint8_t *digests);

/*
 * A secret key on the device, to sign many messages with. It and all that is made of it are wiped when they are given
 * back; whoever else may run kernels on the device is trusted not to read them before.
 */
typedef struct qsdm_cuda_signer qsdm_cuda_signer;
/* Takes a secret key in the form of FIPS 204, of the size that its level has. */
int qsdm_cuda_signer_create(int device, qsdm_ml_dsa level, const uint8_t *secret_key, qsdm_cuda_signer **signer);
void qsdm_cuda_signer_destroy(qsdm_cuda_signer *signer);

/*
 * Signs each message as qsdm_signer_sign does, with 32 bytes of `rnds`: one signature after the other, zeros for those that
 * are refused. `refusals[i]` is what qsdm_signer_sign would return.
 */
int qsdm_cuda_ml_dsa_sign(const qsdm_cuda_signer *signer, const qsdm_message *messages, size_t count, const uint8_t *rnds,
                          uint8_t *signatures, uint8_t *refusals);

#ifdef __cplusplus
}
#endif
#endif
