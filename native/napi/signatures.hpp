// Signatures of the addon: batches as JavaScript hands them over, and the functions of its own thread.
#pragma once

#include <node_api.h>

#include "../include/qsdm_signatures.h"
#include "values.hpp"

namespace qsdm {

// A batch as the C interface takes it. Nothing throws in this build, so memory is asked for and may be missing.
struct SignatureBatch {
  uint32_t path = 0;
  qsdm_ml_dsa level{};
  size_t count = 0;
  qsdm_signed *items = nullptr;
  uint8_t *verdicts = nullptr;

  SignatureBatch() = default;
  SignatureBatch(const SignatureBatch &) = delete;
  SignatureBatch &operator=(const SignatureBatch &) = delete;
  ~SignatureBatch();

  // Arguments from `at` on: path, level, form, public keys[], messages[], contexts[], signatures[]. False after having
  // thrown. The bytes stay JavaScript's.
  bool read(napi_env env, Arguments &arguments, size_t at);
  // The same from the form on, of a level that is known.
  bool read_signed(napi_env env, Arguments &arguments, qsdm_ml_dsa of, size_t at);
  // Verdicts of `many` of them from `from` on. False without memory.
  bool verify(size_t from, size_t many);
  // The verdicts as a Uint8Array, or null.
  napi_value answer(napi_env env) const;
};

void define_signatures(napi_env env, napi_value exports);

}  // namespace qsdm
