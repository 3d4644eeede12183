#include "values.hpp"

#include <cmath>

namespace qsdm {

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = MOST;
  ok_ = napi_get_cb_info(env, info, &count, values_, nullptr, &data_) == napi_ok;
}

bool Arguments::check(bool fits, const char *what) {
  if (ok_ && !fits) {
    napi_throw_type_error(env_, "NATIVE_ARGUMENT", what);
    ok_ = false;
  }
  return ok_;
}

Bytes Arguments::view(napi_value value) {
  // Read for an empty array, whose pointer may be null.
  static uint8_t nothing[1];
  bool is_view = false;
  napi_typedarray_type type{};
  size_t size = 0;
  void *data = nullptr;
  const bool read =
      ok_ && napi_is_typedarray(env_, value, &is_view) == napi_ok && is_view &&
      napi_get_typedarray_info(env_, value, &type, &size, &data, nullptr, nullptr) == napi_ok && type == napi_uint8_array;
  if (!check(read, "a Uint8Array is wanted")) return {nothing, 0};
  return {size == 0 ? nothing : static_cast<uint8_t *>(data), size};
}

Bytes Arguments::bytes(size_t at) { return view(values_[at]); }

uint8_t *Arguments::writable(size_t at, size_t size) {
  const Bytes found = bytes(at);
  check(found.size == size, "a Uint8Array of another length is wanted");
  return found.data;
}

const uint8_t *Arguments::bytes(size_t at, size_t size) { return writable(at, size); }

const uint32_t *Arguments::words(size_t at, size_t &count) {
  bool is_view = false;
  napi_typedarray_type type{};
  void *data = nullptr;
  count = 0;
  const bool read = ok_ && napi_is_typedarray(env_, values_[at], &is_view) == napi_ok && is_view &&
                    napi_get_typedarray_info(env_, values_[at], &type, &count, &data, nullptr, nullptr) == napi_ok &&
                    type == napi_uint32_array;
  if (!check(read, "a Uint32Array is wanted")) count = 0;
  return static_cast<const uint32_t *>(data);
}

int64_t *Arguments::counter(size_t at) {
  bool is_view = false;
  napi_typedarray_type type{};
  size_t count = 0;
  void *data = nullptr;
  const bool read = ok_ && napi_is_typedarray(env_, values_[at], &is_view) == napi_ok && is_view &&
                    napi_get_typedarray_info(env_, values_[at], &type, &count, &data, nullptr, nullptr) == napi_ok &&
                    type == napi_bigint64_array && count == 1;
  return check(read && is_shared(at), "a shared BigInt64Array of one number is wanted") ? static_cast<int64_t *>(data)
                                                                                        : nullptr;
}

bool Arguments::is_shared(size_t at) {
  napi_value buffer = nullptr;
  bool is_own = true;
  // What lies under a typed array and is no ArrayBuffer is a SharedArrayBuffer.
  return ok_ && napi_get_typedarray_info(env_, values_[at], nullptr, nullptr, nullptr, &buffer, nullptr) == napi_ok &&
         napi_is_arraybuffer(env_, buffer, &is_own) == napi_ok && !is_own;
}

napi_ref Arguments::keep(size_t at) {
  napi_ref kept = nullptr;
  return napi_create_reference(env_, values_[at], 1, &kept) == napi_ok ? kept : nullptr;
}

uint64_t Arguments::number(size_t at, uint64_t most) {
  double value = -1;
  const bool read = ok_ && napi_get_value_double(env_, values_[at], &value) == napi_ok && value >= 0 &&
                    value <= static_cast<double>(most) && value == std::floor(value);
  return check(read, "a whole number within limits is wanted") ? static_cast<uint64_t>(value) : 0;
}

uint32_t Arguments::length(size_t at) {
  uint32_t length = 0;
  check(ok_ && napi_get_array_length(env_, values_[at], &length) == napi_ok, "an array is wanted");
  return length;
}

Bytes Arguments::element(size_t at, uint32_t index) {
  napi_value value = nullptr;
  check(ok_ && napi_get_element(env_, values_[at], index, &value) == napi_ok, "an array is wanted");
  return view(value);
}

}  // namespace qsdm
