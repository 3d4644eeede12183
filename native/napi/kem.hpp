// Key encapsulation.
#pragma once

#include <node_api.h>

namespace qsdm {

// Sets the addon's functions. False when JavaScript would not have them.
bool define_kem(napi_env env, napi_value exports);

}  // namespace qsdm
