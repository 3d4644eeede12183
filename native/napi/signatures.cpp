#include "signatures.hpp"

#include <cstring>
#include <new>

#include "forms.hpp"

namespace qsdm {

namespace {

// One for all threads and environments of the process: 70 MB for transactions and 11 MB for votes, once they are full.
constexpr size_t KEYS_87 = 1'024, KEYS_44 = 512;

qsdm_key_cache *cache_of(qsdm_ml_dsa level) {
  static qsdm_key_cache *const large = qsdm_key_cache_create(QSDM_ML_DSA_87, KEYS_87);
  static qsdm_key_cache *const small = qsdm_key_cache_create(QSDM_ML_DSA_44, KEYS_44);
  return level == QSDM_ML_DSA_44 ? small : large;
}

}  // namespace

SignatureBatch::~SignatureBatch() {
  delete[] items;
  delete[] verdicts;
}

bool SignatureBatch::read(napi_env env, Arguments &arguments, size_t at) {
  path = path_of(arguments, at);
  return read_signed(env, arguments, level_of(arguments, at + 1), at + 2);
}

bool SignatureBatch::read_signed(napi_env env, Arguments &arguments, qsdm_ml_dsa of, size_t at) {
  level = of;
  const auto form = static_cast<qsdm_form>(arguments.number(at, QSDM_FORM_MU));
  const uint32_t many = arguments.length(at + 1);
  for (size_t list = at + 2; list <= at + 4; list++)
    arguments.check(arguments.length(list) == many, "each signature has a key, a message and a context");
  if (!arguments.ok()) return false;
  items = new (std::nothrow) qsdm_signed[many];
  verdicts = new (std::nothrow) uint8_t[many];
  if (!items || !verdicts) {
    napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
    return false;
  }
  for (uint32_t i = 0; i < many && arguments.ok(); i++) {
    const Bytes key = arguments.element(at + 1, i), message = arguments.element(at + 2, i);
    const Bytes context = arguments.element(at + 3, i), signature = arguments.element(at + 4, i);
    items[i] = {key.data, key.size, signature.data, signature.size,
                {form, message.data, message.size, context.data, context.size}};
  }
  count = many;
  return arguments.ok();
}

bool SignatureBatch::verify(size_t from, size_t many) {
  return qsdm_ml_dsa_verify(path, level, cache_of(level), items + from, many, verdicts + from) == 0;
}

napi_value SignatureBatch::answer(napi_env env) const {
  void *data = nullptr;
  napi_value buffer = nullptr, array = nullptr;
  if (napi_create_arraybuffer(env, count, &data, &buffer) != napi_ok) return nullptr;
  if (count > 0) std::memcpy(data, verdicts, count);
  napi_create_typedarray(env, napi_uint8_array, count, buffer, 0, &array);
  return array;
}

namespace {

// mlDsaVerify(path, level, form, public keys[], messages[], contexts[], signatures[]): a qsdm_refusal for each.
napi_value verify(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  SignatureBatch batch;
  if (!batch.read(env, arguments, 0)) return nullptr;
  if (batch.verify(0, batch.count)) return batch.answer(env);
  napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
  return nullptr;
}

}  // namespace

void define_signatures(napi_env env, napi_value exports) {
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"mlDsaVerify", verify}};
  for (const auto &[name, call] : functions) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
}

}  // namespace qsdm
