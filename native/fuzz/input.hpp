// What a fuzzer gives, taken piece by piece. What is asked beyond its end is zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../include/qsdm_native.h"

namespace qsdm {

class FuzzInput {
 public:
  FuzzInput(const uint8_t *data, size_t size) : data_(data), left_(size) {}

  uint8_t byte() {
    if (left_ == 0) return 0;
    left_--;
    return *data_++;
  }
  // Memory of its own, so that a read beyond it is found.
  std::vector<uint8_t> bytes(size_t size) {
    std::vector<uint8_t> out(size);
    for (uint8_t &each : out) each = byte();
    return out;
  }
  std::vector<uint8_t> rest() { return bytes(left_); }
  size_t left() const { return left_; }

 private:
  const uint8_t *data_;
  size_t left_;
};

// Every path that this machine can run.
template <class Run>
void on_every_path(Run run) {
  for (uint32_t path = 0; path < qsdm_path_count(); path++)
    if (!qsdm_path_at(path).missing) run(path);
}

}  // namespace qsdm
