// What several functions of the addon take, checked.
#pragma once

#include "../include/qsdm_native.h"
#include "../include/qsdm_signatures.h"
#include "mapping.hpp"
#include "values.hpp"

namespace qsdm {

// Entry numbers are 32 bits wide.
constexpr uint64_t MOST_ENTRIES = uint64_t{1} << 32;

// The index of a path that this machine can run.
uint32_t path_of(Arguments &arguments, size_t at);
qsdm_mix mix_of(Arguments &arguments, size_t at);
qsdm_ml_dsa level_of(Arguments &arguments, size_t at);

// A table or checkpoints at arguments `at` to `at` + 2: bytes, or a mapped table; entries, interval.
struct DagArgument {
  qsdm_dag dag;
  // NULL for bytes.
  MappedTable *mapped;
};
DagArgument dag_of(Arguments &arguments, size_t at);

// Messages at arguments `at` to `at` + 2: sponge, bytes, ends.
struct Messages {
  qsdm_sponge sponge;
  Bytes bytes;
  const uint32_t *ends;
  size_t count;
};
Messages messages_of(Arguments &arguments, size_t at);
// Whether the sponge gives digests of that size.
bool check_digest(Arguments &arguments, qsdm_sponge sponge, size_t digest_bytes);

}  // namespace qsdm
