#include "library.hpp"

#if defined(__linux__)
#include <dlfcn.h>
#endif

namespace qsdm {

#if defined(__linux__)
namespace {

template <class Function>
bool find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool find_all(void *library, CudaLibrary &all) {
  return find(library, "qsdm_cuda_devices", all.devices) && find(library, "qsdm_cuda_device_at", all.device_at) &&
         find(library, "qsdm_cuda_status_text", all.status_text) && find(library, "qsdm_cuda_sha3", all.sha3) &&
         find(library, "qsdm_cuda_table_create", all.table_create) &&
         find(library, "qsdm_cuda_table_destroy", all.table_destroy) && find(library, "qsdm_cuda_walk", all.walk) &&
         find(library, "qsdm_cuda_search", all.search) && find(library, "qsdm_cuda_keys_create", all.keys_create) &&
         find(library, "qsdm_cuda_keys_destroy", all.keys_destroy) &&
         find(library, "qsdm_cuda_ml_dsa_verify", all.ml_dsa_verify) &&
         find(library, "qsdm_cuda_signer_create", all.signer_create) &&
         find(library, "qsdm_cuda_signer_destroy", all.signer_destroy) &&
         find(library, "qsdm_cuda_ml_dsa_sign", all.ml_dsa_sign);
}

}  // namespace

const char *load_cuda_library(const char *path, CudaLibrary &library) {
  // Threads of JavaScript load it each; the system counts, and gives the same functions.
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return dlerror();
  if (find(handle, "qsdm_cuda_abi", library.abi) && library.abi() == QSDM_CUDA_ABI && find_all(handle, library))
    return nullptr;
  dlclose(handle);
  return "its interface has another version";
}
#else
const char *load_cuda_library(const char *, CudaLibrary &) { return "there is none for this system"; }
#endif

}  // namespace qsdm
