/*
 * The C interface of the native code: hashing in batches, the proof-of-work table, walks over it and the search.
 *
 * Every function gives the same bytes on every path. Memory belongs to the caller, nothing is kept between calls, and
 * calls from several threads do not meet. No function checks what its documentation asks for except where it says so.
 */
#ifndef QSDM_NATIVE_H
#define QSDM_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change that an older caller would not survive. Compare it with qsdm_abi() before any other call. */
#define QSDM_NATIVE_ABI 10

#define QSDM_ENTRY_BYTES 32
#define QSDM_START_BYTES 48
#define QSDM_NONCE_BYTES 16

uint32_t qsdm_abi(void);

/* Instruction sets that this build knows, slowest first. */
typedef struct qsdm_path {
  /* "scalar", "avx2", "avx512". */
  const char *name;
  /* Hashes computed side by side. */
  uint32_t lanes;
  /* NULL when this machine can run it, else why it cannot. */
  const char *missing;
} qsdm_path;

uint32_t qsdm_path_count(void);
/* `index` is below qsdm_path_count(); every other function takes the index of a path that is not missing anything. */
qsdm_path qsdm_path_at(uint32_t index);

typedef enum qsdm_sponge {
  QSDM_SHA3_256 = 0,
  QSDM_SHAKE128 = 1,
  QSDM_SHAKE256 = 2,
} qsdm_sponge;

/*
 * Hashes `count` messages, which lie one after the other: message i is the bytes from ends[i - 1] (0 for the first) to
 * ends[i]. Writes `digest_bytes` for each, 32 for SHA3-256. Returns 0, or -1 without memory.
 */
int qsdm_hash(uint32_t path, qsdm_sponge sponge, const uint8_t *messages, const uint32_t *ends, size_t count,
              uint8_t *digests, size_t digest_bytes);

/* A run of table entries to compute: `count` from `index` on, all with numbers below 2^32. */
typedef struct qsdm_run {
  const uint8_t *previous; /* the entry before `index` */
  uint8_t *into;
  uint64_t count;
  uint32_t index;
} qsdm_run;

/* Computes each run. No run may read what another one writes. */
void qsdm_extend(uint32_t path, const qsdm_run *runs, size_t count);

/* A table, or every `interval`-th entry of one, from which the rest is computed when it is read. */
typedef struct qsdm_dag {
  const uint8_t *bytes;
  uint64_t entries;  /* of the whole table, at least 1 */
  uint64_t interval; /* 1 for a table */
} qsdm_dag;

/*
 * Asks the system for large pages under memory that will be read at random, before it is first written to: a read whose
 * page is not in the processor's tables costs more than the hash that wants it. Returns 1 when the system was asked.
 */
int qsdm_prefer_large_pages(void *memory, size_t bytes);

/*
 * The beginning of a file, mapped to be read. Processes that map the same one share its memory, which the system may take
 * back and read again. What cannot be read any more reads as zeros and ends nothing; who reads has to ask afterwards.
 */
typedef struct qsdm_mapping qsdm_mapping;

/*
 * Maps `bytes` of the file behind a descriptor, which stays the caller's; no fewer than the file has. Takes SIGBUS for the
 * process with the first mapping, and passes on what has nothing to do with one. NULL with errno; EBUSY when somebody else
 * has taken the signal since, or there are too many mappings.
 */
qsdm_mapping *qsdm_mapping_create(int file, uint64_t bytes);
/* Whoever was given it is one owner; the last one's release unmaps it. */
void qsdm_mapping_keep(qsdm_mapping *mapping);
void qsdm_mapping_release(qsdm_mapping *mapping);
const uint8_t *qsdm_mapping_bytes(const qsdm_mapping *mapping);
uint64_t qsdm_mapping_size(const qsdm_mapping *mapping);
/* A descriptor of its own for the file. */
int qsdm_mapping_file(const qsdm_mapping *mapping);
/* 1 when all that was read so far is what the file held when it was mapped: nobody has written to it or cut it short. */
int qsdm_mapping_holds(const qsdm_mapping *mapping);
/* Bytes that are mapped in large pages now. Takes some milliseconds. */
uint64_t qsdm_mapping_large_bytes(const qsdm_mapping *mapping);

typedef enum qsdm_mix {
  QSDM_MIX_PLAIN = 1,
  QSDM_MIX_TENSOR = 2,
} qsdm_mix;

/* The mix digest, 32 bytes, of each of `count` starts; a start is a header hash and a nonce, 48 bytes. */
void qsdm_walk(uint32_t path, const qsdm_dag *dag, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes);

typedef struct qsdm_search {
  const uint8_t *header_hash; /* 32 bytes */
  const uint8_t *batch_root;  /* 32 bytes */
  /* The largest hash that is good enough, 32 bytes, big-endian: the target less one. */
  const uint8_t *limit;
  qsdm_dag table; /* whole */
  qsdm_mix mix;
  /* NULL, or a number that another thread changes from `wanted` to end the search early. */
  const int32_t *board;
  int32_t wanted;
} qsdm_search;

typedef struct qsdm_found {
  /* Nonces tried, in order; the one that was found counts. */
  uint64_t attempts;
  /* 1 when the last of them is a solution. */
  int32_t found;
  uint8_t nonce[QSDM_NONCE_BYTES];
  uint8_t mix[QSDM_ENTRY_BYTES];
} qsdm_found;

/* Tries up to `attempts` nonces from `start`: 128-bit little-endian integers that wrap. */
void qsdm_search_nonces(uint32_t path, const qsdm_search *job, const uint8_t *start, uint64_t attempts,
                        qsdm_found *found);

#ifdef __cplusplus
}
#endif
#endif
