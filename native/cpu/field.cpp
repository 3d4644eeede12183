// Batches over both fields. One product modulo p takes four instructions of multiplication in general registers and no
// more than memory takes to bring its operands, so there is no vector form of it.
#include "../include/qsdm_field.h"

#include <new>

#include "../core/p127.hpp"
#include "gf256.hpp"

namespace {

using qsdm::Element;
using qsdm::load_element;
using qsdm::store_element;

constexpr size_t SIZE = QSDM_ELEMENT_BYTES;
// Columns that are summed side by side, so that each row's weight is loaded once for all of them.
constexpr size_t TOGETHER = 4;

template <size_t Columns>
void combine_columns(const uint8_t *weights, const uint8_t *matrix, size_t rows, size_t columns, uint8_t *out) {
  qsdm::Products sums[Columns] = {};
  for (size_t row = 0; row < rows; row++) {
    const Element weight = load_element(weights + row * SIZE);
    for (size_t i = 0; i < Columns; i++)
      qsdm::add_product(sums[i], load_element(matrix + (row * columns + i) * SIZE), weight);
  }
  for (size_t i = 0; i < Columns; i++) store_element(out + i * SIZE, qsdm::element_of(sums[i]));
}

// Weights for the value at `x`: its powers.
void powers_of(Element x, size_t count, uint8_t *powers) {
  Element power = 1;
  for (size_t i = 0; i < count; i++) {
    store_element(powers + i * SIZE, power);
    power = qsdm::multiply(power, x);
  }
}

qsdm::Gf256Combine vectors_of(uint32_t path) {
#if defined(__x86_64__) || defined(_M_X64)
  constexpr qsdm::Gf256Combine all[] = {nullptr, qsdm::gf256_combine_avx2, qsdm::gf256_combine_avx512};
  return all[path];
#else
  (void)path;
  return nullptr;
#endif
}

void gf256_sum(uint32_t path, const qsdm::Gf256Weight *weights, const uint8_t *matrix, size_t rows, size_t columns,
               uint8_t *out) {
  const qsdm::Gf256Combine vectors = vectors_of(path);
  for (size_t at = vectors ? vectors(weights, matrix, rows, columns, out) : 0; at < columns; at += 8) {
    const size_t many = columns - at < 8 ? columns - at : 8;
    uint64_t sum = 0;
    for (size_t row = 0; row < rows; row++) {
      uint64_t bytes = 0;
      memcpy(&bytes, matrix + row * columns + at, many);
      sum ^= qsdm::gf256_multiply(bytes, weights[row].weight);
    }
    memcpy(out + at, &sum, many);
  }
}

}  // namespace

extern "C" {

int qsdm_field_are_elements(const uint8_t *elements, size_t count) {
  uint64_t wrong = 0;
  for (size_t i = 0; i < count; i++) {
    const Element value = load_element(elements + i * SIZE);
    // Above p, or p itself, the top bit of the sum is set.
    wrong |= static_cast<uint64_t>((value | (value + 1)) >> 127);
  }
  return wrong == 0;
}

void qsdm_field_add(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *out) {
  for (size_t at = 0; at < count * SIZE; at += SIZE)
    store_element(out + at, qsdm::fold(load_element(a + at) + load_element(b + at)));
}

void qsdm_field_multiply(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *out) {
  for (size_t at = 0; at < count * SIZE; at += SIZE)
    store_element(out + at, qsdm::multiply(load_element(a + at), load_element(b + at)));
}

void qsdm_field_invert(const uint8_t *a, size_t count, uint8_t *out) {
  for (size_t at = 0; at < count * SIZE; at += SIZE) store_element(out + at, qsdm::invert(load_element(a + at)));
}

void qsdm_field_combine(const uint8_t *weights, const uint8_t *matrix, size_t rows, size_t columns, uint8_t *out) {
  size_t at = 0;
  for (; columns - at >= TOGETHER; at += TOGETHER)
    combine_columns<TOGETHER>(weights, matrix + at * SIZE, rows, columns, out + at * SIZE);
  for (; at < columns; at++) combine_columns<1>(weights, matrix + at * SIZE, rows, columns, out + at * SIZE);
}

int qsdm_field_evaluate(const uint8_t *xs, size_t points, const uint8_t *matrix, size_t rows, size_t columns,
                        uint8_t *out) {
  auto *powers = new (std::nothrow) uint8_t[rows * SIZE];
  if (!powers) return -1;
  for (size_t point = 0; point < points; point++) {
    powers_of(load_element(xs + point * SIZE), rows, powers);
    qsdm_field_combine(powers, matrix, rows, columns, out + point * columns * SIZE);
  }
  delete[] powers;
  return 0;
}

void qsdm_gf256_combine(uint32_t path, const uint8_t *weights, const uint8_t *matrix, size_t rows, size_t columns,
                        uint8_t *out) {
  qsdm::Gf256Weight prepared[qsdm::GF256_MOST_ROWS];
  for (size_t row = 0; row < rows; row++) prepared[row] = qsdm::gf256_weight(weights[row]);
  gf256_sum(path, prepared, matrix, rows, columns, out);
}

void qsdm_gf256_evaluate(uint32_t path, const uint8_t *xs, size_t points, const uint8_t *matrix, size_t rows,
                         size_t columns, uint8_t *out) {
  for (size_t point = 0; point < points; point++) {
    uint8_t powers[qsdm::GF256_MOST_ROWS];
    uint8_t power = 1;
    for (size_t row = 0; row < rows; row++) {
      powers[row] = power;
      power = static_cast<uint8_t>(qsdm::gf256_multiply(power, xs[point]));
    }
    qsdm_gf256_combine(path, powers, matrix, rows, columns, out + point * columns);
  }
}

}  // extern "C"
