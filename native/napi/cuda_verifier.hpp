// A device as who verifies signatures: with the keys that are ready on it, for the caller's thread and for a pool's.
#pragma once

#include <node_api.h>
#include <pthread.h>

#include "library.hpp"
#include "values.hpp"

namespace qsdm {

// Jobs outlive JavaScript's handle, so whoever uses it is counted.
class CudaVerifier {
 public:
  CudaVerifier(const CudaLibrary &library, int device, qsdm_ml_dsa of) : level(of), library_(library), device_(device) {}
  CudaVerifier(const CudaVerifier &) = delete;
  CudaVerifier &operator=(const CudaVerifier &) = delete;

  // Room for so many keys; a status of the library.
  int open(uint32_t keys) { return keys == 0 ? 0 : library_.keys_create(device_, level, keys, &keys_); }
  // One batch at a time.
  int verify(const qsdm_signed *batch, size_t count, uint8_t *verdicts, uint8_t *digests);
  const char *text_of(int status) const { return library_.status_text(status); }

  void keep() { __atomic_add_fetch(&users_, 1, __ATOMIC_RELAXED); }
  void release() {
    if (__atomic_sub_fetch(&users_, 1, __ATOMIC_ACQ_REL) == 0) delete this;
  }

  const qsdm_ml_dsa level;

 private:
  ~CudaVerifier();

  const CudaLibrary &library_;
  const int device_;
  qsdm_cuda_keys *keys_ = nullptr;
  pthread_mutex_t turn_ = PTHREAD_MUTEX_INITIALIZER;
  uint32_t users_ = 1;
};

// The verifier at an argument, whose user the caller becomes only by keeping it; null after having thrown.
CudaVerifier *verifier_of(napi_env env, Arguments &arguments, size_t at);
// A handle, of which JavaScript is a user until it is collected; null when there was no memory for it.
napi_value handle_of(napi_env env, CudaVerifier *verifier);

}  // namespace qsdm
