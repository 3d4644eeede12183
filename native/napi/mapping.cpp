#include "mapping.hpp"

#include <cerrno>
#include <cstring>
#include <new>

namespace qsdm {

namespace {

// Only objects that were made here are taken for mapped tables.
constexpr napi_type_tag TABLE_TAG = {0x7173646d2f6d6170, 0x70696e672f763101};
constexpr uint64_t MOST_BYTES = uint64_t{1} << 40;

void collected(napi_env, void *data, void *) { delete static_cast<MappedTable *>(data); }

// As mapped_table, and refuses anything else.
MappedTable *table_of(Arguments &arguments, size_t at) {
  MappedTable *table = arguments.mapped_table(at);
  arguments.check(table != nullptr, "this is no mapped table");
  return table;
}

// mapTable(descriptor, offset, bytes): a handle for `bytes` of the file from `offset` on, or why it cannot be mapped.
napi_value map_table(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto file = static_cast<int>(arguments.number(0, INT32_MAX));
  const uint64_t offset = arguments.number(1, MOST_BYTES), bytes = arguments.number(2, MOST_BYTES);
  arguments.check(bytes > 0 && offset % QSDM_ENTRY_BYTES == 0, "a table has bytes, from a multiple of 32 on");
  if (!arguments.ok()) return nullptr;
  napi_value result = nullptr;
  qsdm_mapping *mapping = qsdm_mapping_create(file, offset + bytes);
  if (!mapping) {
    napi_create_string_utf8(env, strerror(errno), NAPI_AUTO_LENGTH, &result);
    return result;
  }
  auto *table = new (std::nothrow) MappedTable(mapping, offset);
  if (table && napi_create_object(env, &result) == napi_ok &&
      napi_type_tag_object(env, result, &TABLE_TAG) == napi_ok &&
      napi_wrap(env, result, table, collected, nullptr, nullptr) == napi_ok)
    return result;
  if (table)
    delete table;
  else
    qsdm_mapping_release(mapping);
  napi_throw_error(env, "NATIVE_MEMORY", "no memory for a table's handle");
  return nullptr;
}

// readTable(table, at, into): copies bytes from `at` on.
napi_value read_table(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const MappedTable *table = table_of(arguments, 0);
  const uint64_t at = arguments.number(1, MOST_BYTES);
  const Bytes into = arguments.bytes(2);
  if (!arguments.ok()) return nullptr;
  const Bytes from = table->bytes();
  if (!arguments.check(at <= from.size && into.size <= from.size - at, "the table ends before")) return nullptr;
  memcpy(into.data, from.data + at, into.size);
  table->check(env);
  return nullptr;
}

// tableFile(table): a descriptor that is open for as long as the table is.
napi_value table_file(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const MappedTable *table = table_of(arguments, 0);
  napi_value result = nullptr;
  if (arguments.ok()) napi_create_int32(env, qsdm_mapping_file(table->mapping()), &result);
  return result;
}

// tableLargeBytes(table): bytes that are mapped in large pages now.
napi_value table_large_bytes(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const MappedTable *table = table_of(arguments, 0);
  napi_value result = nullptr;
  if (arguments.ok())
    napi_create_double(env, static_cast<double>(qsdm_mapping_large_bytes(table->mapping())), &result);
  return result;
}

}  // namespace

bool MappedTable::check(napi_env env) const {
  const bool holds = qsdm_mapping_holds(mapping_) == 1;
  if (!holds) napi_throw_error(env, TABLE_CHANGED.code, TABLE_CHANGED.message);
  return holds;
}

MappedTable *Arguments::mapped_table(size_t at) {
  bool tagged = false;
  void *data = nullptr;
  const bool found = ok_ && napi_check_object_type_tag(env_, values_[at], &TABLE_TAG, &tagged) == napi_ok && tagged &&
                     napi_unwrap(env_, values_[at], &data) == napi_ok;
  return found ? static_cast<MappedTable *>(data) : nullptr;
}

bool define_mapping(napi_env env, napi_value exports) {
  const auto function = [](const char *name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
  };
  const napi_property_descriptor functions[] = {
      function("mapTable", map_table),
      function("readTable", read_table),
      function("tableFile", table_file),
      function("tableLargeBytes", table_large_bytes),
  };
  return napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) == napi_ok;
}

}  // namespace qsdm
