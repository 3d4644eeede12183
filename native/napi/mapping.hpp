// Tables in files that are mapped. JavaScript holds a handle; whoever walks asks afterwards whether the file held.
#pragma once

#include <node_api.h>

#include "../include/qsdm_native.h"
#include "job.hpp"
#include "values.hpp"

namespace qsdm {

constexpr Refusal TABLE_CHANGED = {"NATIVE_TABLE", "the table's file was changed or cut short while it was in use"};

class MappedTable {
 public:
  // Takes over the caller's share of the mapping; the table begins at `offset` and goes on to its end.
  MappedTable(qsdm_mapping *mapping, uint64_t offset) : mapping_(mapping), offset_(offset) {}
  MappedTable(const MappedTable &) = delete;
  MappedTable &operator=(const MappedTable &) = delete;
  ~MappedTable() { qsdm_mapping_release(mapping_); }

  // Not to be written to.
  Bytes bytes() const {
    return {const_cast<uint8_t *>(qsdm_mapping_bytes(mapping_)) + offset_,
            static_cast<size_t>(qsdm_mapping_size(mapping_) - offset_)};
  }
  // Throws TABLE_CHANGED, and gives false, when what was read so far was not what the file held.
  bool check(napi_env env) const;
  // Another share, for who walks on a thread: to be released.
  qsdm_mapping *keep() const {
    qsdm_mapping_keep(mapping_);
    return mapping_;
  }
  const qsdm_mapping *mapping() const { return mapping_; }

 private:
  qsdm_mapping *mapping_;
  uint64_t offset_;
};

bool define_mapping(napi_env env, napi_value exports);

}  // namespace qsdm
