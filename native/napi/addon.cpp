// The addon: checks what JavaScript hands over, calls the C interface, and keeps nothing.
#include <new>

#include "../include/qsdm_native.h"
#include "cuda.hpp"
#include "field.hpp"
#include "forms.hpp"
#include "job.hpp"
#include "kem.hpp"
#include "pedersen.hpp"
#include "signatures.hpp"
#include "signer.hpp"

namespace {

using qsdm::Arguments;
using qsdm::Bytes;
using qsdm::dag_of;
using qsdm::mix_of;
using qsdm::MOST_ENTRIES;
using qsdm::path_of;

// hash(path, sponge, messages, ends, digests): digests are of one length, which is that of `digests` over the count.
napi_value hash(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const qsdm::Messages messages = qsdm::messages_of(arguments, 1);
  const Bytes digests = arguments.bytes(4);
  if (!arguments.ok() || messages.count == 0) return nullptr;
  const size_t digest_bytes = digests.size / messages.count;
  arguments.check(digest_bytes * messages.count == digests.size, "digests are of one length");
  qsdm::check_digest(arguments, messages.sponge, digest_bytes);
  if (arguments.ok() && qsdm_hash(path, messages.sponge, messages.bytes.data, messages.ends, messages.count,
                                  digests.data, digest_bytes) != 0)
    napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
  return nullptr;
}

// extend(path, previous[], into[], indexes)
napi_value extend(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const uint32_t count = arguments.length(1);
  size_t indexes = 0;
  const uint32_t *index = arguments.words(3, indexes);
  arguments.check(arguments.length(2) == count && indexes == count, "each run has three parts");
  if (!arguments.ok() || count == 0) return nullptr;
  auto *runs = new (std::nothrow) qsdm_run[count];
  if (!runs) {
    napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
    return nullptr;
  }
  for (uint32_t i = 0; i < count && arguments.ok(); i++) {
    const Bytes previous = arguments.element(1, i), into = arguments.element(2, i);
    const uint64_t entries = into.size / QSDM_ENTRY_BYTES;
    arguments.check(previous.size == QSDM_ENTRY_BYTES && into.size % QSDM_ENTRY_BYTES == 0 &&
                        entries <= MOST_ENTRIES - index[i],
                    "entries are 32 bytes");
    runs[i] = {previous.data, into.data, entries, index[i]};
  }
  if (arguments.ok()) qsdm_extend(path, runs, count);
  delete[] runs;
  return nullptr;
}

// preferLargePages(bytes) gives whether the system was asked.
napi_value prefer_large_pages(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Bytes bytes = arguments.bytes(0);
  napi_value asked = nullptr;
  if (arguments.ok()) napi_get_boolean(env, qsdm_prefer_large_pages(bytes.data, bytes.size) == 1, &asked);
  return asked;
}

// walk(path, dag bytes, entries, interval, mix, starts, mixes)
napi_value walk(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const auto [dag, mapped] = dag_of(arguments, 1);
  const qsdm_mix mix = mix_of(arguments, 4);
  const Bytes starts = arguments.bytes(5);
  const size_t count = starts.size / QSDM_START_BYTES;
  arguments.check(starts.size == count * QSDM_START_BYTES, "a start is 48 bytes");
  uint8_t *mixes = arguments.writable(6, count * QSDM_ENTRY_BYTES);
  if (!arguments.ok()) return nullptr;
  qsdm_walk(path, &dag, mix, starts.data, count, mixes);
  if (mapped) mapped->check(env);
  return nullptr;
}

// search(path, table, entries, 1, mix, header hash and batch root, limit, start, attempts, nonce and mix)
// gives the attempts that it took, or 0 when none of them is a solution.
napi_value search(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const auto [table, mapped] = dag_of(arguments, 1);
  const qsdm_mix mix = mix_of(arguments, 4);
  const uint8_t *job = arguments.bytes(5, 64);
  const uint8_t *limit = arguments.bytes(6, 32);
  const uint8_t *start = arguments.bytes(7, QSDM_NONCE_BYTES);
  const uint64_t attempts = arguments.number(8, UINT32_MAX);
  uint8_t *solution = arguments.writable(9, QSDM_NONCE_BYTES + QSDM_ENTRY_BYTES);
  arguments.check(table.interval == 1, "a search takes a whole table");
  if (!arguments.ok()) return nullptr;
  const qsdm_search what = {job, job + 32, limit, table, mix, nullptr, 0};
  qsdm_found found;
  qsdm_search_nonces(path, &what, start, attempts, &found);
  if (mapped && !mapped->check(env)) return nullptr;
  if (found.found) {
    for (int i = 0; i < QSDM_NONCE_BYTES; i++) solution[i] = found.nonce[i];
    for (int i = 0; i < QSDM_ENTRY_BYTES; i++) solution[QSDM_NONCE_BYTES + i] = found.mix[i];
  }
  napi_value result = nullptr;
  napi_create_double(env, found.found ? static_cast<double>(found.attempts) : 0, &result);
  return result;
}

napi_value text(napi_env env, const char *value) {
  napi_value result = nullptr;
  if (value)
    napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  else
    napi_get_null(env, &result);
  return result;
}

// [{name, lanes, missing}], slowest first.
napi_value paths(napi_env env) {
  napi_value list = nullptr;
  napi_create_array(env, &list);
  for (uint32_t i = 0; i < qsdm_path_count(); i++) {
    const qsdm_path path = qsdm_path_at(i);
    napi_value object = nullptr, lanes = nullptr;
    napi_create_object(env, &object);
    napi_create_uint32(env, path.lanes, &lanes);
    napi_set_named_property(env, object, "name", text(env, path.name));
    napi_set_named_property(env, object, "lanes", lanes);
    napi_set_named_property(env, object, "missing", text(env, path.missing));
    napi_set_element(env, list, i, object);
  }
  return list;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value abi = nullptr;
  napi_create_uint32(env, qsdm_abi(), &abi);
  napi_set_named_property(env, exports, "abi", abi);
  napi_set_named_property(env, exports, "paths", paths(env));
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"hash", hash},
                   {"extend", extend},
                   {"walk", walk},
                   {"search", search},
                   {"preferLargePages", prefer_large_pages}};
  for (const auto &[name, call] : functions) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  qsdm::define_field(env, exports);
  qsdm::define_kem(env, exports);
  qsdm::define_mapping(env, exports);
  qsdm::define_pedersen(env, exports);
  qsdm::define_pool(env, exports);
  qsdm::define_signatures(env, exports);
  qsdm::define_signers(env, exports);
  qsdm::define_cuda(env, exports);
  return exports;
}
