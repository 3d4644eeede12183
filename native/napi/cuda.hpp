#pragma once

#include <node_api.h>

namespace qsdm {

// Adds `loadCuda` to the addon.
void define_cuda(napi_env env, napi_value exports);

}  // namespace qsdm
