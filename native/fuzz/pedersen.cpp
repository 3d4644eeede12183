// Values and blindings of any bytes: those that are scalars are told from those that are none, and batches commit as one
// after the other does by doubling and adding.
#include <cstring>

#include "../include/qsdm_pedersen.h"
#include "../tools/slow.hpp"
#include "input.hpp"

namespace {

constexpr uint8_t ORDER[QSDM_SCALAR_BYTES] = {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8,
                                              0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
                                              0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};

bool are_scalars(const std::vector<uint8_t> &bytes) {
  for (size_t at = 0; at < bytes.size(); at += QSDM_SCALAR_BYTES)
    if (std::memcmp(&bytes[at], ORDER, QSDM_SCALAR_BYTES) >= 0) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  // More than share a division.
  const size_t count = input.byte() % 40;
  // Without their top bits all are scalars; with them hardly ever.
  const uint8_t top = input.byte() % 2 ? 0x3f : 0xff;
  const auto scalars = [&] {
    std::vector<uint8_t> out = input.bytes(count * QSDM_SCALAR_BYTES);
    for (size_t at = 0; at < out.size(); at += QSDM_SCALAR_BYTES) out[at] &= top;
    return out;
  };
  const auto values = scalars(), blindings = scalars();
  for (const auto *each : {&values, &blindings})
    if (qsdm_pedersen_are_scalars(each->data(), count) != are_scalars(*each)) __builtin_trap();
  if (!are_scalars(values) || !are_scalars(blindings)) return 0;
  std::vector<uint8_t> commitments(count * QSDM_COMMITMENT_BYTES);
  qsdm_pedersen_commit(values.data(), blindings.data(), count, commitments.data());
  // The slow way takes half a millisecond, so of a batch two are looked at.
  for (const size_t i : {size_t{0}, count - 1}) {
    if (count == 0) break;
    const auto expected = qsdm::slow::commit(&values[i * QSDM_SCALAR_BYTES], &blindings[i * QSDM_SCALAR_BYTES]);
    if (std::memcmp(expected.data(), &commitments[i * QSDM_COMMITMENT_BYTES], expected.size()) != 0) __builtin_trap();
  }
  return 0;
}
