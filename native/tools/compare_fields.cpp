// Batches over both fields, and commitments, against their definitions.
#include <cstring>

#include "../include/qsdm_field.h"
#include "comparisons.hpp"
#include "slow.hpp"

namespace qsdm {
namespace {

constexpr size_t SIZE = QSDM_ELEMENT_BYTES;

// Elements below p, of which some are the smallest and the largest there are.
Data elements(Comparisons &from, size_t count) {
  Data out = from.data(count * SIZE);
  for (size_t at = 0; at < out.size(); at += SIZE) {
    const Element value = from.random() % 8 ? load_element(&out[at]) : from.random() % 2 ? P127 - 1 - from.random() % 2 : 0;
    store_element(&out[at], value % P127);
  }
  return out;
}

// The value at `x` of the polynomial whose coefficients are a matrix' column, the constant one first.
Element value_at(Element x, const Data &matrix, size_t rows, size_t columns, size_t column) {
  Element value = 0;
  for (size_t row = rows; row-- > 0;)
    value = slow::add(slow::multiply(value, x), load_element(&matrix[(row * columns + column) * SIZE]));
  return value;
}

void compare_elements(Comparisons &to) {
  const size_t count = to.random() % 20 + 1;
  const Data a = elements(to, count), b = elements(to, count);
  Data sums(a.size()), products(a.size()), inverses(a.size());
  qsdm_field_add(a.data(), b.data(), count, sums.data());
  qsdm_field_multiply(a.data(), b.data(), count, products.data());
  qsdm_field_invert(a.data(), count, inverses.data());
  bool adds = true, multiplies = true, inverts = true;
  for (size_t at = 0; at < a.size(); at += SIZE) {
    const Element x = load_element(&a[at]), y = load_element(&b[at]), inverse = load_element(&inverses[at]);
    adds = adds && load_element(&sums[at]) == slow::add(x, y);
    multiplies = multiplies && load_element(&products[at]) == slow::multiply(x, y);
    inverts = inverts && inverse < P127 && (x == 0 ? inverse == 0 : slow::multiply(x, inverse) == 1);
  }
  to.count("sums modulo 2^127-1", adds, "native");
  to.count("products modulo 2^127-1", multiplies, "native");
  to.count("inverses modulo 2^127-1", inverts, "native");
}

void compare_sharing(Comparisons &to) {
  const size_t rows = to.random() % 12 + 1, columns = to.random() % 12 + 1, points = to.random() % 5 + 1;
  const Data matrix = elements(to, rows * columns), xs = elements(to, points), weights = elements(to, rows);
  Data values(points * columns * SIZE), sums(columns * SIZE);
  bool right = qsdm_field_evaluate(xs.data(), points, matrix.data(), rows, columns, values.data()) == 0;
  for (size_t i = 0; i < points * columns; i++)
    right = right && load_element(&values[i * SIZE]) ==
                         value_at(load_element(&xs[i / columns * SIZE]), matrix, rows, columns, i % columns);
  to.count("shares modulo 2^127-1", right, "native");
  qsdm_field_combine(weights.data(), matrix.data(), rows, columns, sums.data());
  right = true;
  for (size_t column = 0; column < columns; column++) {
    Element sum = 0;
    for (size_t row = 0; row < rows; row++)
      sum = slow::add(sum, slow::multiply(load_element(&weights[row * SIZE]),
                                          load_element(&matrix[(row * columns + column) * SIZE])));
    right = right && load_element(&sums[column * SIZE]) == sum;
  }
  to.count("weighted sums modulo 2^127-1", right, "native");
}

void compare_bytes(Comparisons &to) {
  // More columns than a vector of any path has bytes, and a rest.
  const size_t rows = to.random() % 12 + 1, columns = to.random() % 200 + 1, points = to.random() % 5 + 1;
  const Data matrix = to.data(rows * columns), xs = to.data(points), weights = to.data(rows);
  Data values(points * columns), sums(columns);
  for (size_t i = 0; i < values.size(); i++)
    for (size_t row = rows; row-- > 0;)
      values[i] = slow::gf256_multiply(values[i], xs[i / columns]) ^ matrix[row * columns + i % columns];
  for (size_t i = 0; i < matrix.size(); i++) sums[i % columns] ^= slow::gf256_multiply(matrix[i], weights[i / columns]);
  for (uint32_t path = 0; path < qsdm_path_count(); path++) {
    if (qsdm_path_at(path).missing) continue;
    Data out(values.size()), combined(columns);
    qsdm_gf256_evaluate(path, xs.data(), points, matrix.data(), rows, columns, out.data());
    qsdm_gf256_combine(path, weights.data(), matrix.data(), rows, columns, combined.data());
    to.count("shares over GF(2^8)", out == values, qsdm_path_at(path).name);
    to.count("weighted sums over GF(2^8)", combined == sums, qsdm_path_at(path).name);
  }
}

// One and zero give the generators, nothing the identity, in more than one group.
bool commits_to_generators() {
  static constexpr uint8_t STARTS[3][3] = {{0x97, 0xf1, 0xd3}, {0x91, 0x7c, 0x9e}, {0xc0, 0, 0}};
  constexpr size_t COUNT = 70;
  Data values(COUNT * QSDM_SCALAR_BYTES), blindings(values.size()), commitments(COUNT * QSDM_COMMITMENT_BYTES);
  for (size_t i = 0; i < COUNT; i++) {
    values[(i + 1) * QSDM_SCALAR_BYTES - 1] = i % 3 == 0;
    blindings[(i + 1) * QSDM_SCALAR_BYTES - 1] = i % 3 == 1;
  }
  qsdm_pedersen_commit(values.data(), blindings.data(), COUNT, commitments.data());
  bool right = qsdm_pedersen_are_scalars(values.data(), COUNT) == 1;
  for (size_t i = 0; i < COUNT; i++)
    right = right && std::memcmp(&commitments[i * QSDM_COMMITMENT_BYTES], STARTS[i % 3], sizeof STARTS[0]) == 0;
  return right;
}

// Scalars below the group's order, which is above 2^254 and below 2^255.
Data scalars(Comparisons &from, size_t count) {
  Data out = from.data(count * QSDM_SCALAR_BYTES);
  for (size_t at = 0; at < out.size(); at += QSDM_SCALAR_BYTES) out[at] &= 0x3f;
  return out;
}

}  // namespace

void compare_fields(Comparisons &to, size_t rounds) {
  for (size_t round = 0; round < rounds; round++) {
    compare_elements(to);
    compare_sharing(to);
    compare_bytes(to);
  }
}

void compare_commitments(Comparisons &to, size_t rounds) {
  to.count("Pedersen commitments", commits_to_generators(), "native");
  for (size_t round = 0; round < rounds; round++) {
    const size_t count = to.random() % 4 + 1;
    const Data values = scalars(to, count), blindings = scalars(to, count);
    Data commitments(count * QSDM_COMMITMENT_BYTES);
    qsdm_pedersen_commit(values.data(), blindings.data(), count, commitments.data());
    for (size_t i = 0; i < count; i++) {
      const Data expected = slow::commit(&values[i * QSDM_SCALAR_BYTES], &blindings[i * QSDM_SCALAR_BYTES]);
      to.count("Pedersen commitments",
               std::memcmp(expected.data(), &commitments[i * QSDM_COMMITMENT_BYTES], expected.size()) == 0, "native");
    }
  }
}

}  // namespace qsdm
