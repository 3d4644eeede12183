// mlKemKeygen, mlKemEncapsulate, mlKemDecapsulate
#include "../include/qsdm_kem.h"
#include "forms.hpp"
#include "kem.hpp"

namespace qsdm {

namespace {

napi_value whether(napi_env env, bool is) {
  napi_value result = nullptr;
  napi_get_boolean(env, is, &result);
  return result;
}

// mlKemKeygen(path, seed, public key, secret key): fills both keys.
napi_value keygen(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const uint8_t *seed = arguments.bytes(1, QSDM_KEM_SEED_BYTES);
  uint8_t *public_key = arguments.writable(2, QSDM_KEM_PUBLIC_KEY_BYTES);
  uint8_t *secret_key = arguments.writable(3, QSDM_KEM_SECRET_KEY_BYTES);
  if (arguments.ok()) qsdm_ml_kem_keygen(path, seed, public_key, secret_key);
  return nullptr;
}

// mlKemEncapsulate(path, public key, message, ciphertext, secret): fills the last two; false where that is no key.
napi_value encapsulate(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const uint8_t *public_key = arguments.bytes(1, QSDM_KEM_PUBLIC_KEY_BYTES);
  const uint8_t *message = arguments.bytes(2, QSDM_KEM_MESSAGE_BYTES);
  uint8_t *ciphertext = arguments.writable(3, QSDM_KEM_CIPHERTEXT_BYTES);
  uint8_t *secret = arguments.writable(4, QSDM_KEM_SECRET_BYTES);
  if (!arguments.ok()) return nullptr;
  return whether(env, qsdm_ml_kem_encapsulate(path, public_key, message, ciphertext, secret) == QSDM_KEM_DONE);
}

// mlKemDecapsulate(path, secret key, ciphertext, secret): fills the last one; false where that is no key.
napi_value decapsulate(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const uint8_t *secret_key = arguments.bytes(1, QSDM_KEM_SECRET_KEY_BYTES);
  const uint8_t *ciphertext = arguments.bytes(2, QSDM_KEM_CIPHERTEXT_BYTES);
  uint8_t *secret = arguments.writable(3, QSDM_KEM_SECRET_BYTES);
  if (!arguments.ok()) return nullptr;
  return whether(env, qsdm_ml_kem_decapsulate(path, secret_key, ciphertext, secret) == QSDM_KEM_DONE);
}

}  // namespace

bool define_kem(napi_env env, napi_value exports) {
  const auto function = [](const char *name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
  };
  const napi_property_descriptor functions[] = {
      function("mlKemKeygen", keygen),
      function("mlKemEncapsulate", encapsulate),
      function("mlKemDecapsulate", decapsulate),
  };
  return napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) == napi_ok;
}

}  // namespace qsdm
