// What one instruction set offers. The interface in abi.cpp checks nothing and picks one of these.
#pragma once

#include "../include/qsdm_native.h"

namespace qsdm {

struct HashJob {
  const uint8_t *messages;
  const uint32_t *ends;
  // Message numbers, those with equally many blocks side by side.
  const uint32_t *order;
  size_t count;
  uint8_t *digests;
  size_t digest_bytes;
  size_t rate_bytes;
  uint8_t suffix;
};

struct Path {
  const char *name;
  uint32_t lanes;
  void (*hash)(const HashJob &);
  void (*extend)(const qsdm_run *, size_t);
  void (*walk)(const qsdm_dag &, qsdm_mix, const uint8_t *starts, size_t count, uint8_t *mixes);
  void (*search)(const qsdm_search &, const uint8_t *start, uint64_t attempts, qsdm_found &);
};

extern const Path SCALAR_PATH;
extern const Path AVX2_PATH;
extern const Path AVX512_PATH;

}  // namespace qsdm
