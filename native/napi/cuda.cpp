// The CUDA kernels for JavaScript: an object of functions for each library that is loaded. As in addon.cpp, arguments are
// checked here and nothing is kept but the tables, whose memory JavaScript gives back or its collector does.
#include "cuda.hpp"

#include <initializer_list>
#include <new>

#include "forms.hpp"

namespace {

using qsdm::Arguments;
using qsdm::Bytes;
using qsdm::CudaFunction;
using qsdm::CudaLibrary;
using qsdm::dag_of;
using qsdm::mix_of;

constexpr napi_type_tag TABLE_TAG = {0x7173646d63756461, 0x7461626c65000001};

struct Table {
  const CudaLibrary *library;
  qsdm_cuda_table *table;

  void destroy() {
    library->table_destroy(table);
    table = nullptr;
  }
};

Table *table_of(napi_env env, Arguments &arguments) {
  bool tagged = false;
  void *found = nullptr;
  const napi_value value = arguments.at(0);
  const bool read = arguments.ok() && napi_check_object_type_tag(env, value, &TABLE_TAG, &tagged) == napi_ok && tagged &&
                    napi_unwrap(env, value, &found) == napi_ok && static_cast<Table *>(found)->table;
  return arguments.check(read, "a table on a device is wanted") ? static_cast<Table *>(found) : nullptr;
}

// devices() gives [{name, uuid, memoryBytes, multiprocessors, capability}], or why there are none.
napi_value devices(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const CudaLibrary &library = qsdm::cuda_library_of(arguments);
  const char *why = nullptr;
  const int count = library.devices(&why);
  napi_value list = nullptr;
  if (why) {
    napi_create_string_utf8(env, why, NAPI_AUTO_LENGTH, &list);
    return list;
  }
  napi_create_array(env, &list);
  for (int i = 0; i < count; i++) {
    qsdm_cuda_device device{};
    if (!qsdm::cuda_succeeded(env, library, library.device_at(i, &device))) return nullptr;
    napi_value object = nullptr, name = nullptr, uuid = nullptr, memory = nullptr, multiprocessors = nullptr,
               capability = nullptr;
    void *uuid_bytes = nullptr;
    napi_create_object(env, &object);
    napi_create_string_utf8(env, device.name, NAPI_AUTO_LENGTH, &name);
    napi_create_buffer_copy(env, sizeof device.uuid, device.uuid, &uuid_bytes, &uuid);
    napi_create_double(env, static_cast<double>(device.memory_bytes), &memory);
    napi_create_uint32(env, device.multiprocessors, &multiprocessors);
    napi_create_uint32(env, 10 * device.major + device.minor, &capability);
    napi_set_named_property(env, object, "name", name);
    napi_set_named_property(env, object, "uuid", uuid);
    napi_set_named_property(env, object, "memoryBytes", memory);
    napi_set_named_property(env, object, "multiprocessors", multiprocessors);
    napi_set_named_property(env, object, "capability", capability);
    napi_set_element(env, list, static_cast<uint32_t>(i), object);
  }
  return list;
}

// sha3(device, messages, ends, digests)
napi_value sha3(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const CudaLibrary &library = qsdm::cuda_library_of(arguments);
  const int device = qsdm::cuda_device_of(arguments, library);
  const Bytes messages = arguments.bytes(1);
  size_t count = 0;
  const uint32_t *ends = arguments.words(2, count);
  uint8_t *digests = arguments.writable(3, 32 * count);
  uint32_t last = 0;
  bool rising = true;
  for (size_t i = 0; i < count; i++) {
    rising = rising && ends[i] >= last;
    last = ends[i];
  }
  if (arguments.check(rising && last <= messages.size, "messages end in order, within their array"))
    qsdm::cuda_succeeded(env, library, library.sha3(device, messages.data, ends, count, digests));
  return nullptr;
}

void collected(napi_env, void *data, void *) {
  auto *table = static_cast<Table *>(data);
  table->destroy();
  delete table;
}

// createTable(device, bytes, entries, interval) gives a table on the device; the bytes are not kept.
napi_value create_table(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const CudaLibrary &library = qsdm::cuda_library_of(arguments);
  const int device = qsdm::cuda_device_of(arguments, library);
  const auto [dag, mapped] = dag_of(arguments, 1);
  // The driver reads it, whose threads would see zeros and go on.
  arguments.check(!mapped, "a device takes a table in memory");
  if (!arguments.ok()) return nullptr;
  auto *table = new (std::nothrow) Table{&library, nullptr};
  if (!table) {
    napi_throw_error(env, "NATIVE_MEMORY", "no memory for this table");
    return nullptr;
  }
  napi_value handle = nullptr;
  const bool made = qsdm::cuda_succeeded(env, library, library.table_create(device, &dag, &table->table));
  if (made && napi_create_object(env, &handle) == napi_ok &&
      napi_wrap(env, handle, table, collected, nullptr, nullptr) == napi_ok &&
      napi_type_tag_object(env, handle, &TABLE_TAG) == napi_ok)
    return handle;
  if (made) table->destroy();
  // One that is wrapped already belongs to the collector.
  if (!handle) delete table;
  return nullptr;
}

// destroyTable(table): no other function takes it afterwards.
napi_value destroy_table(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  if (Table *table = table_of(env, arguments)) table->destroy();
  return nullptr;
}

// walk(table, mix, starts, mixes)
napi_value walk(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Table *table = table_of(env, arguments);
  const qsdm_mix mix = mix_of(arguments, 1);
  const Bytes starts = arguments.bytes(2);
  const size_t count = starts.size / QSDM_START_BYTES;
  arguments.check(starts.size == count * QSDM_START_BYTES, "a start is 48 bytes");
  uint8_t *mixes = arguments.writable(3, count * QSDM_ENTRY_BYTES);
  if (arguments.ok()) qsdm::cuda_succeeded(env, *table->library, table->library->walk(table->table, mix, starts.data, count, mixes));
  return nullptr;
}

// search(table, mix, header hash and batch root, limit, start, attempts, nonce and mix) as in addon.cpp.
napi_value search(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Table *table = table_of(env, arguments);
  const qsdm_mix mix = mix_of(arguments, 1);
  const uint8_t *job = arguments.bytes(2, 64);
  const uint8_t *limit = arguments.bytes(3, 32);
  const uint8_t *start = arguments.bytes(4, QSDM_NONCE_BYTES);
  const uint64_t attempts = arguments.number(5, UINT32_MAX);
  uint8_t *solution = arguments.writable(6, QSDM_NONCE_BYTES + QSDM_ENTRY_BYTES);
  if (!arguments.ok()) return nullptr;
  const qsdm_search what = {job, job + 32, limit, {nullptr, 0, 1}, mix, nullptr, 0};
  qsdm_found found{};
  if (!qsdm::cuda_succeeded(env, *table->library, table->library->search(table->table, &what, start, attempts, &found)))
    return nullptr;
  for (int i = 0; i < QSDM_NONCE_BYTES && found.found; i++) solution[i] = found.nonce[i];
  for (int i = 0; i < QSDM_ENTRY_BYTES && found.found; i++) solution[QSDM_NONCE_BYTES + i] = found.mix[i];
  napi_value result = nullptr;
  napi_create_double(env, found.found ? static_cast<double>(found.attempts) : 0, &result);
  return result;
}

// loadCuda(path) gives the library's functions, or why it cannot be loaded.
napi_value load_cuda(napi_env env, napi_callback_info info) {
  size_t count = 1, size = 0;
  napi_value value = nullptr, result = nullptr;
  char path[4096];
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  if (napi_get_value_string_utf8(env, value, path, sizeof path, &size) != napi_ok || size + 1 == sizeof path) {
    napi_throw_type_error(env, "NATIVE_ARGUMENT", "a path is wanted");
    return nullptr;
  }
  // Kept as long as the process: functions and tables refer to it, and a thread loads it once.
  auto *library = new (std::nothrow) CudaLibrary{};
  if (const char *why = library ? qsdm::load_cuda_library(path, *library) : "no memory"; why) {
    delete library;
    napi_create_string_utf8(env, why, NAPI_AUTO_LENGTH, &result);
    return result;
  }
  napi_create_object(env, &result);
  static constexpr CudaFunction FUNCTIONS[] = {{"devices", devices}, {"sha3", sha3}, {"createTable", create_table},
                                               {"destroyTable", destroy_table}, {"walk", walk}, {"search", search},
                                               {nullptr, nullptr}};
  for (const CudaFunction *each : {FUNCTIONS, qsdm::CUDA_SIGNATURES})
    for (; each->name; each++) {
      napi_value function = nullptr;
      napi_create_function(env, each->name, NAPI_AUTO_LENGTH, each->call, library, &function);
      napi_set_named_property(env, result, each->name, function);
    }
  return result;
}

}  // namespace

const CudaLibrary &qsdm::cuda_library_of(const Arguments &arguments) {
  return *static_cast<const CudaLibrary *>(arguments.data());
}

bool qsdm::cuda_succeeded(napi_env env, const CudaLibrary &library, int status) {
  if (status != 0) napi_throw_error(env, "CUDA_FAILED", library.status_text(status));
  return status == 0;
}

int qsdm::cuda_device_of(Arguments &arguments, const CudaLibrary &library) {
  const char *why = nullptr;
  const int count = library.devices(&why);
  const auto device = static_cast<int>(arguments.number(0, INT32_MAX));
  arguments.check(!arguments.ok() || device < count, "there is no such device");
  return device;
}

void qsdm::define_cuda(napi_env env, napi_value exports) {
  napi_value function = nullptr;
  napi_create_function(env, "loadCuda", NAPI_AUTO_LENGTH, load_cuda, nullptr, &function);
  napi_set_named_property(env, exports, "loadCuda", function);
}
