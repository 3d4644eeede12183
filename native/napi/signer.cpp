// Secret keys: JavaScript holds a handle, and the key stays here, until it is forgotten or the handle is collected.
#include "signer.hpp"

#include <new>

#include "forms.hpp"

namespace qsdm {

namespace {

// Only objects that were made here are taken for signers.
constexpr napi_type_tag SIGNER_TAG = {0x7173646d2f736967, 0x6e65722f76310001};

struct Handle {
  qsdm_signer *signer;
};

void forget(Handle &handle) {
  if (handle.signer) qsdm_signer_destroy(handle.signer);
  handle.signer = nullptr;
}

void collected(napi_env, void *data, void *) {
  auto *handle = static_cast<Handle *>(data);
  forget(*handle);
  delete handle;
}

Handle *handle_of(napi_env env, Arguments &arguments, size_t at) {
  bool tagged = false;
  void *data = nullptr;
  const bool found = arguments.ok() &&
                     napi_check_object_type_tag(env, arguments.value(at), &SIGNER_TAG, &tagged) == napi_ok && tagged &&
                     napi_unwrap(env, arguments.value(at), &data) == napi_ok;
  return arguments.check(found, "this is no signer") ? static_cast<Handle *>(data) : nullptr;
}

void no_memory(napi_env env) { napi_throw_error(env, "NATIVE_MEMORY", "no memory for a key"); }

// mlDsaKeygen(path, level, seed, public key, secret key): fills both keys.
napi_value keygen(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const qsdm_ml_dsa level = level_of(arguments, 1);
  const uint8_t *seed = arguments.bytes(2, QSDM_SEED_BYTES);
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
  uint8_t *public_key = arguments.writable(3, sizes.public_key);
  uint8_t *secret_key = arguments.writable(4, sizes.secret_key);
  if (arguments.ok() && qsdm_ml_dsa_keygen(path, level, seed, public_key, secret_key) != 0) no_memory(env);
  return nullptr;
}

// mlDsaSigner(path, level, secret key): a handle, or null where those bytes are no key.
napi_value signer(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const qsdm_ml_dsa level = level_of(arguments, 1);
  const uint8_t *secret_key = arguments.bytes(2, qsdm_ml_dsa_sizes_of(level).secret_key);
  if (!arguments.ok()) return nullptr;
  napi_value object = nullptr;
  auto *handle = new (std::nothrow) Handle{nullptr};
  const qsdm_signer_status status =
      handle ? qsdm_signer_create(path, level, secret_key, &handle->signer) : QSDM_SIGNER_MEMORY;
  if (status == QSDM_SIGNER_READY && napi_create_object(env, &object) == napi_ok &&
      napi_type_tag_object(env, object, &SIGNER_TAG) == napi_ok &&
      napi_wrap(env, object, handle, collected, nullptr, nullptr) == napi_ok)
    return object;
  if (handle) collected(env, handle, nullptr);
  if (status == QSDM_SIGNER_KEY)
    napi_get_null(env, &object);
  else
    no_memory(env);
  return object;
}

// mlDsaSign(path, signer, form, message, context, rnd, signature): fills the signature; gives a qsdm_refusal.
napi_value sign(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const Handle *handle = handle_of(env, arguments, 1);
  const auto form = static_cast<qsdm_form>(arguments.number(2, QSDM_FORM_MU));
  const Bytes message = arguments.bytes(3), context = arguments.bytes(4);
  const uint8_t *rnd = arguments.bytes(5, QSDM_RND_BYTES);
  if (!arguments.ok()) return nullptr;
  if (!handle->signer) {
    napi_throw_error(env, "NATIVE_CLOSED", "the key has been forgotten");
    return nullptr;
  }
  uint8_t *signature = arguments.writable(6, qsdm_ml_dsa_sizes_of(qsdm_signer_level(handle->signer)).signature);
  if (!arguments.ok()) return nullptr;
  const qsdm_message what = {form, message.data, message.size, context.data, context.size};
  const int refusal = qsdm_signer_sign(path, handle->signer, &what, rnd, signature);
  if (refusal < 0) {
    no_memory(env);
    return nullptr;
  }
  napi_value result = nullptr;
  napi_create_int32(env, refusal, &result);
  return result;
}

// mlDsaForget(signer): wipes the key at once. May be called twice.
napi_value forget_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  if (Handle *handle = handle_of(env, arguments, 0)) forget(*handle);
  return nullptr;
}

}  // namespace

bool define_signers(napi_env env, napi_value exports) {
  const auto function = [](const char *name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
  };
  const napi_property_descriptor functions[] = {
      function("mlDsaKeygen", keygen),
      function("mlDsaSigner", signer),
      function("mlDsaSign", sign),
      function("mlDsaForget", forget_now),
  };
  return napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) == napi_ok;
}

}  // namespace qsdm
