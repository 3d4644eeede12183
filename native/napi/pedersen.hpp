// Pedersen's commitments of the addon.
#pragma once

#include <node_api.h>

namespace qsdm {

void define_pedersen(napi_env env, napi_value exports);

}  // namespace qsdm
