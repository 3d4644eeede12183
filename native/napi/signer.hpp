// Functions of the addon that make keys and sign.
#pragma once

#include <node_api.h>

namespace qsdm {

bool define_signers(napi_env env, napi_value exports);

}  // namespace qsdm
