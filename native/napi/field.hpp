// Batches over the fields that secrets are shared over.
#pragma once

#include <node_api.h>

namespace qsdm {

// Sets the addon's object `field`. False when JavaScript would not have it.
bool define_field(napi_env env, napi_value exports);

}  // namespace qsdm
