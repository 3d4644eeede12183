// Everything that computes here, behind one shape: the paths of the C interface, and a GPU thread's text run by the CPU.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../include/qsdm_native.h"

namespace qsdm {

using Data = std::vector<uint8_t>;

struct Engine {
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  // A thread of a GPU walks over whole tables alone.
  virtual bool walks_checkpoints() const = 0;
  // SHA3-256 of each message.
  virtual std::vector<Data> sha3(const std::vector<Data> &messages) const = 0;
  // `count` entries from `index` on.
  virtual Data extend(const Data &previous, uint32_t index, size_t count) const = 0;
  // Starts and mix digests one after the other.
  virtual Data walk(const qsdm_dag &dag, qsdm_mix mix, const Data &starts) const = 0;
  virtual qsdm_found search(const qsdm_search &job, const Data &start, uint64_t attempts) const = 0;
};

// A device each. Says in a line why there are none.
std::vector<std::unique_ptr<Engine>> cuda_engines();

// Those that this machine can run; the scalar path first.
std::vector<const Engine *> engines();

}  // namespace qsdm
