// libqsdm_cuda.so, loaded when it is first asked for: the addon works without it, and it works without a driver.
#pragma once

#include "../include/qsdm_cuda.h"

namespace qsdm {

struct CudaLibrary {
  decltype(&qsdm_cuda_abi) abi;
  decltype(&qsdm_cuda_devices) devices;
  decltype(&qsdm_cuda_device_at) device_at;
  decltype(&qsdm_cuda_status_text) status_text;
  decltype(&qsdm_cuda_sha3) sha3;
  decltype(&qsdm_cuda_table_create) table_create;
  decltype(&qsdm_cuda_table_destroy) table_destroy;
  decltype(&qsdm_cuda_walk) walk;
  decltype(&qsdm_cuda_search) search;
  decltype(&qsdm_cuda_keys_create) keys_create;
  decltype(&qsdm_cuda_keys_destroy) keys_destroy;
  decltype(&qsdm_cuda_ml_dsa_verify) ml_dsa_verify;
  decltype(&qsdm_cuda_signer_create) signer_create;
  decltype(&qsdm_cuda_signer_destroy) signer_destroy;
  decltype(&qsdm_cuda_ml_dsa_sign) ml_dsa_sign;
};

// Finds the functions of the library in `path`, which stays loaded. NULL, or why it cannot be used, a text until the
// thread's next call.
const char *load_cuda_library(const char *path, CudaLibrary &library);

}  // namespace qsdm
