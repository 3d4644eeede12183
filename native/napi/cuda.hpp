// The CUDA kernels as functions of the addon.
#pragma once

#include <node_api.h>

#include "library.hpp"
#include "values.hpp"

namespace qsdm {

void define_cuda(napi_env env, napi_value exports);

// What the functions of a library share.
struct CudaFunction {
  const char *name;
  napi_callback call;
};
// Those for signatures; the last one has no name.
extern const CudaFunction CUDA_SIGNATURES[];

// The library whose function is called.
const CudaLibrary &cuda_library_of(const Arguments &arguments);
// Throws what a status means; true when it is success.
bool cuda_succeeded(napi_env env, const CudaLibrary &library, int status);
// The first argument, a device that there is.
int cuda_device_of(Arguments &arguments, const CudaLibrary &library);

}  // namespace qsdm
