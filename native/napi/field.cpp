// field: {combine, evaluate, gf256Combine, gf256Evaluate}
#include "../include/qsdm_field.h"
#include "field.hpp"
#include "forms.hpp"

namespace qsdm {

namespace {

constexpr size_t SIZE = QSDM_ELEMENT_BYTES;
constexpr size_t MOST_GF256_ROWS = 256;

// Weights or points at `at`, the matrix after them, and what is written after that.
struct Batch {
  Bytes factors, matrix, out;
  size_t rows, columns;
};

// `evaluate` writes a row for each point, `combine` one row.
Batch batch_of(Arguments &arguments, size_t at, size_t size, bool evaluates) {
  Batch batch{arguments.bytes(at), arguments.bytes(at + 1), arguments.bytes(at + 2), 0, 0};
  const size_t factors = batch.factors.size / size;
  const auto rows = evaluates ? static_cast<size_t>(arguments.number(at + 3, UINT32_MAX)) : factors;
  if (!arguments.check(rows > 0 && factors > 0 && factors * size == batch.factors.size, "a matrix has rows"))
    return batch;
  batch.rows = rows;
  batch.columns = batch.matrix.size / size / rows;
  const size_t written = evaluates ? factors : 1;
  arguments.check(batch.columns * rows * size == batch.matrix.size, "rows are of one length");
  arguments.check(batch.out.size == written * batch.columns * size, "the result has another size");
  return batch;
}

void check_elements(Arguments &arguments, const Batch &batch) {
  if (arguments.ok())
    arguments.check(qsdm_field_are_elements(batch.factors.data, batch.factors.size / SIZE) &&
                        qsdm_field_are_elements(batch.matrix.data, batch.matrix.size / SIZE),
                    "elements are below p");
}

// combine(weights, matrix, out)
napi_value combine(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Batch batch = batch_of(arguments, 0, SIZE, false);
  check_elements(arguments, batch);
  if (arguments.ok())
    qsdm_field_combine(batch.factors.data, batch.matrix.data, batch.rows, batch.columns, batch.out.data);
  return nullptr;
}

// evaluate(xs, matrix, out, rows)
napi_value evaluate(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Batch batch = batch_of(arguments, 0, SIZE, true);
  check_elements(arguments, batch);
  if (arguments.ok() && qsdm_field_evaluate(batch.factors.data, batch.factors.size / SIZE, batch.matrix.data,
                                            batch.rows, batch.columns, batch.out.data) != 0)
    napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
  return nullptr;
}

// gf256Combine(path, weights, matrix, out)
napi_value gf256_combine(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const Batch batch = batch_of(arguments, 1, 1, false);
  arguments.check(batch.rows <= MOST_GF256_ROWS, "there are 256 rows at most");
  if (arguments.ok())
    qsdm_gf256_combine(path, batch.factors.data, batch.matrix.data, batch.rows, batch.columns, batch.out.data);
  return nullptr;
}

// gf256Evaluate(path, xs, matrix, out, rows)
napi_value gf256_evaluate(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const uint32_t path = path_of(arguments, 0);
  const Batch batch = batch_of(arguments, 1, 1, true);
  arguments.check(batch.rows <= MOST_GF256_ROWS, "there are 256 rows at most");
  if (arguments.ok())
    qsdm_gf256_evaluate(path, batch.factors.data, batch.factors.size, batch.matrix.data, batch.rows, batch.columns,
                        batch.out.data);
  return nullptr;
}

// multiply(a, b, out), and its like
template <void (*Run)(const uint8_t *, const uint8_t *, size_t, uint8_t *)>
napi_value each(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Bytes a = arguments.bytes(0);
  const Bytes b = arguments.bytes(1);
  uint8_t *out = arguments.writable(2, a.size);
  arguments.check(a.size == b.size && a.size % SIZE == 0, "there are as many of both");
  if (arguments.ok())
    arguments.check(qsdm_field_are_elements(a.data, a.size / SIZE) && qsdm_field_are_elements(b.data, b.size / SIZE),
                    "elements are below p");
  if (arguments.ok()) Run(a.data, b.data, a.size / SIZE, out);
  return nullptr;
}

// invert(a, out)
napi_value invert_each(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Bytes a = arguments.bytes(0);
  uint8_t *out = arguments.writable(1, a.size);
  arguments.check(a.size % SIZE == 0, "an element is 16 bytes");
  if (arguments.ok()) arguments.check(qsdm_field_are_elements(a.data, a.size / SIZE), "elements are below p");
  if (arguments.ok()) qsdm_field_invert(a.data, a.size / SIZE, out);
  return nullptr;
}

}  // namespace

bool define_field(napi_env env, napi_value exports) {
  const auto method = [](const char *name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
  };
  const napi_property_descriptor methods[] = {
      method("combine", combine),
      method("evaluate", evaluate),
      method("add", each<qsdm_field_add>),
      method("multiply", each<qsdm_field_multiply>),
      method("invert", invert_each),
      method("gf256Combine", gf256_combine),
      method("gf256Evaluate", gf256_evaluate),
  };
  napi_value field = nullptr;
  return napi_create_object(env, &field) == napi_ok &&
         napi_define_properties(env, field, sizeof methods / sizeof *methods, methods) == napi_ok &&
         napi_set_named_property(env, exports, "field", field) == napi_ok;
}

}  // namespace qsdm
