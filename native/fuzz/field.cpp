// Matrices of any elements over both fields. Reconstruction undoes sharing, and every path computes the same.
#include "../include/qsdm_field.h"
#include "../tools/slow.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const size_t rows = input.byte() + size_t{1}, columns = input.byte() % 70, points = input.byte() % 5;
  const auto weights = input.bytes(rows * QSDM_ELEMENT_BYTES), matrix = input.bytes(rows * columns * QSDM_ELEMENT_BYTES);
  const auto xs = input.bytes(points * QSDM_ELEMENT_BYTES);
  const auto elements = [](const std::vector<uint8_t> &bytes) {
    return qsdm_field_are_elements(bytes.data(), bytes.size() / QSDM_ELEMENT_BYTES) == 1;
  };
  if (elements(weights) && elements(matrix) && elements(xs)) {
    std::vector<uint8_t> out(points * columns * QSDM_ELEMENT_BYTES), sums(columns * QSDM_ELEMENT_BYTES);
    if (qsdm_field_evaluate(xs.data(), points, matrix.data(), rows, columns, out.data()) != 0) __builtin_trap();
    qsdm_field_combine(weights.data(), matrix.data(), rows, columns, sums.data());
    std::vector<uint8_t> inverse(weights.size()), back(weights.size());
    qsdm_field_invert(weights.data(), rows, inverse.data());
    qsdm_field_invert(inverse.data(), rows, back.data());
    if (!elements(out) || !elements(sums) || back != weights) __builtin_trap();
    std::vector<uint8_t> added(weights.size()), products(weights.size());
    qsdm_field_add(weights.data(), inverse.data(), rows, added.data());
    qsdm_field_multiply(weights.data(), inverse.data(), rows, products.data());
    for (size_t at = 0; at < weights.size(); at += QSDM_ELEMENT_BYTES) {
      const auto a = qsdm::load_element(&weights[at]), b = qsdm::load_element(&inverse[at]);
      // A product with the inverse is one, but for 0.
      if (qsdm::load_element(&products[at]) != (a != 0)) __builtin_trap();
      if (qsdm::load_element(&added[at]) != qsdm::slow::add(a, b)) __builtin_trap();
    }
  }
  std::vector<uint8_t> first;
  qsdm::on_every_path([&](uint32_t path) {
    std::vector<uint8_t> out(points * columns + columns);
    qsdm_gf256_evaluate(path, xs.data(), points, matrix.data(), rows, columns, out.data());
    qsdm_gf256_combine(path, weights.data(), matrix.data(), rows, columns, out.data() + points * columns);
    if (first.empty()) first = out;
    if (out != first) __builtin_trap();
  });
  return 0;
}
