// JavaScript values as the C interface wants them. What does not fit is thrown as a TypeError, once.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace qsdm {

struct Bytes {
  uint8_t *data;
  size_t size;
};

class MappedTable;

class Arguments {
 public:
  static constexpr size_t MOST = 12;

  Arguments(napi_env env, napi_callback_info info);

  napi_value value(size_t at) const { return values_[at]; }
  // A Uint8Array, over memory of its own or shared; `size` is what it has to have.
  Bytes bytes(size_t at);
  const uint8_t *bytes(size_t at, size_t size);
  uint8_t *writable(size_t at, size_t size);
  // A mapped table, or null where the argument is something else.
  MappedTable *mapped_table(size_t at);
  // A Uint32Array.
  const uint32_t *words(size_t at, size_t &count);
  // A BigInt64Array of one number, in shared memory.
  int64_t *counter(size_t at);
  // Whether an array lies in shared memory, which JavaScript can neither move nor detach.
  bool is_shared(size_t at);
  // Keeps an argument alive until the reference is deleted; null when it could not.
  napi_ref keep(size_t at);
  // A whole number up to `most`.
  uint64_t number(size_t at, uint64_t most);
  // The argument as it is.
  napi_value at(size_t at) const { return values_[at]; }
  // What the function was made with.
  void *data() const { return data_; }
  // Elements of an array argument.
  uint32_t length(size_t at);
  Bytes element(size_t at, uint32_t index);

  // Refuses the call unless `fits`; true when everything so far did.
  bool check(bool fits, const char *what);
  bool ok() const { return ok_; }

 private:
  Bytes view(napi_value value);

  napi_env env_;
  napi_value values_[MOST];
  void *data_ = nullptr;
  bool ok_ = true;
};

}  // namespace qsdm
