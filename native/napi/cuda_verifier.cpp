#include "cuda_verifier.hpp"

namespace qsdm {

namespace {

constexpr napi_type_tag VERIFIER_TAG = {0x7173646d63756461, 0x7665726966790001};

void collected(napi_env, void *verifier, void *) { static_cast<CudaVerifier *>(verifier)->release(); }

}  // namespace

CudaVerifier::~CudaVerifier() {
  if (keys_) library_.keys_destroy(keys_);
}

int CudaVerifier::verify(const qsdm_signed *batch, size_t count, uint8_t *verdicts, uint8_t *digests) {
  pthread_mutex_lock(&turn_);
  const int status = library_.ml_dsa_verify(device_, level, keys_, batch, count, verdicts, digests);
  pthread_mutex_unlock(&turn_);
  return status;
}

CudaVerifier *verifier_of(napi_env env, Arguments &arguments, size_t at) {
  bool tagged = false;
  void *verifier = nullptr;
  const napi_value value = arguments.at(at);
  const bool found = arguments.ok() && napi_check_object_type_tag(env, value, &VERIFIER_TAG, &tagged) == napi_ok &&
                     tagged && napi_unwrap(env, value, &verifier) == napi_ok;
  return arguments.check(found, "a device's verifier is wanted") ? static_cast<CudaVerifier *>(verifier) : nullptr;
}

napi_value handle_of(napi_env env, CudaVerifier *verifier) {
  napi_value handle = nullptr;
  if (napi_create_object(env, &handle) != napi_ok || napi_type_tag_object(env, handle, &VERIFIER_TAG) != napi_ok)
    return nullptr;
  verifier->keep();
  if (napi_wrap(env, handle, verifier, collected, nullptr, nullptr) == napi_ok) return handle;
  verifier->release();
  return nullptr;
}

}  // namespace qsdm
