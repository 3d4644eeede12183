#include "pedersen.hpp"

#include "../include/qsdm_pedersen.h"
#include "values.hpp"

namespace qsdm {

namespace {

// pedersenCommit(values, blindings, commitments): scalars and results one after the other; false, and nothing written, where
// a scalar is not below the group's order.
napi_value commit(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Bytes values = arguments.bytes(0);
  const size_t count = values.size / QSDM_SCALAR_BYTES;
  arguments.check(count * QSDM_SCALAR_BYTES == values.size, "a scalar is 32 bytes");
  const uint8_t *blindings = arguments.bytes(1, count * QSDM_SCALAR_BYTES);
  uint8_t *commitments = arguments.writable(2, count * QSDM_COMMITMENT_BYTES);
  if (!arguments.ok()) return nullptr;
  const bool good = qsdm_pedersen_are_scalars(values.data, count) && qsdm_pedersen_are_scalars(blindings, count);
  if (good) qsdm_pedersen_commit(values.data, blindings, count, commitments);
  napi_value result = nullptr;
  napi_get_boolean(env, good, &result);
  return result;
}

}  // namespace

void define_pedersen(napi_env env, napi_value exports) {
  napi_value function = nullptr;
  napi_create_function(env, "pedersenCommit", NAPI_AUTO_LENGTH, commit, nullptr, &function);
  napi_set_named_property(env, exports, "pedersenCommit", function);
}

}  // namespace qsdm
