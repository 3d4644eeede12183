// The addon: checks what JavaScript hands over, calls the C interface, and keeps nothing.
#include <new>

#include "../include/qsdm_native.h"
#include "values.hpp"

namespace {

using qsdm::Arguments;
using qsdm::Bytes;

// Entry numbers are 32 bits wide.
constexpr uint64_t MOST_ENTRIES = uint64_t{1} << 32;

uint32_t path_of(Arguments &arguments) {
  const auto path = static_cast<uint32_t>(arguments.number(0, qsdm_path_count() - 1));
  arguments.check(!arguments.ok() || !qsdm_path_at(path).missing, "this machine cannot run that path");
  return path;
}

qsdm_mix mix_of(Arguments &arguments, size_t at) {
  const auto mix = arguments.number(at, QSDM_MIX_TENSOR);
  arguments.check(mix >= QSDM_MIX_PLAIN, "there is no such mix");
  return static_cast<qsdm_mix>(mix);
}

// hash(path, sponge, messages, ends, digests): digests are of one length, which is that of `digests` over the count.
napi_value hash(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments);
  const auto sponge = static_cast<qsdm_sponge>(arguments.number(1, QSDM_SHAKE256));
  const Bytes messages = arguments.bytes(2);
  size_t count = 0;
  const uint32_t *ends = arguments.words(3, count);
  const Bytes digests = arguments.bytes(4);
  if (!arguments.ok() || count == 0) return nullptr;
  uint32_t last = 0;
  bool rising = true;
  for (size_t i = 0; i < count; i++) {
    rising = rising && ends[i] >= last;
    last = ends[i];
  }
  arguments.check(rising && last <= messages.size, "messages end in order, within their array");
  const size_t digest_bytes = digests.size / count;
  arguments.check(digest_bytes > 0 && digest_bytes * count == digests.size &&
                      (sponge != QSDM_SHA3_256 || digest_bytes == 32),
                  "digests are of one length");
  if (arguments.ok() && qsdm_hash(path, sponge, messages.data, ends, count, digests.data, digest_bytes) != 0)
    napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
  return nullptr;
}

// extend(path, previous[], into[], indexes)
napi_value extend(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments);
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

// The table or checkpoints at arguments `at` to `at` + 2: bytes, entries, interval.
qsdm_dag dag_of(Arguments &arguments, size_t at) {
  const Bytes bytes = arguments.bytes(at);
  const uint64_t entries = arguments.number(at + 1, MOST_ENTRIES);
  const uint64_t interval = arguments.number(at + 2, MOST_ENTRIES);
  if (arguments.check(entries > 0 && interval > 0, "a table has entries"))
    arguments.check((entries + interval - 1) / interval * QSDM_ENTRY_BYTES == bytes.size, "the table has another size");
  return {bytes.data, entries, interval};
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
  const uint32_t path = path_of(arguments);
  const qsdm_dag dag = dag_of(arguments, 1);
  const qsdm_mix mix = mix_of(arguments, 4);
  const Bytes starts = arguments.bytes(5);
  const size_t count = starts.size / QSDM_START_BYTES;
  arguments.check(starts.size == count * QSDM_START_BYTES, "a start is 48 bytes");
  uint8_t *mixes = arguments.writable(6, count * QSDM_ENTRY_BYTES);
  if (arguments.ok()) qsdm_walk(path, &dag, mix, starts.data, count, mixes);
  return nullptr;
}

// search(path, table, entries, 1, mix, header hash and batch root, limit, start, attempts, nonce and mix)
// gives the attempts that it took, or 0 when none of them is a solution.
napi_value search(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments);
  const qsdm_dag table = dag_of(arguments, 1);
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
  return exports;
}
