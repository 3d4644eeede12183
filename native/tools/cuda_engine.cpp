#include <cstdio>
#include <stdexcept>

#include "../include/qsdm_cuda.h"
#include "engine.hpp"

namespace qsdm {
namespace {

// Far enough apart for a short table to have whole segments and a rest.
constexpr uint64_t INTERVAL = 7;

void check(int status) {
  if (status != 0) throw std::runtime_error(std::string("cuda: ") + qsdm_cuda_status_text(status));
}

class Table {
 public:
  Table(int device, const qsdm_dag &dag) { check(qsdm_cuda_table_create(device, &dag, &table_)); }
  Table(const Table &) = delete;
  ~Table() { qsdm_cuda_table_destroy(table_); }
  const qsdm_cuda_table *get() const { return table_; }

 private:
  qsdm_cuda_table *table_ = nullptr;
};

class CudaEngine : public Engine {
 public:
  explicit CudaEngine(int device) : device_(device) {}

  std::string name() const override {
    qsdm_cuda_device what{};
    check(qsdm_cuda_device_at(device_, &what));
    return "cuda " + std::to_string(device_) + " (" + what.name + ")";
  }
  bool walks_checkpoints() const override { return false; }

  std::vector<Data> sha3(const std::vector<Data> &messages) const override {
    Data all;
    all.reserve(1);
    std::vector<uint32_t> ends;
    for (const Data &message : messages) {
      all.insert(all.end(), message.begin(), message.end());
      ends.push_back(static_cast<uint32_t>(all.size()));
    }
    Data digests(32 * messages.size());
    check(qsdm_cuda_sha3(device_, all.data(), ends.data(), messages.size(), digests.data()));
    std::vector<Data> out;
    for (size_t i = 0; i < messages.size(); i++)
      out.emplace_back(digests.data() + 32 * i, digests.data() + 32 * (i + 1));
    return out;
  }
  // The device builds tables from their checkpoints and from the start: those of other runs are the scalar path's.
  Data extend(const Data &previous, uint32_t index, size_t count) const override {
    Data table(previous);
    table.resize((count + 1) * QSDM_ENTRY_BYTES);
    uint8_t *rest = table.data() + QSDM_ENTRY_BYTES;
    const qsdm_run run = {previous.data(), rest, count, index};
    qsdm_extend(0, &run, 1);
    if (index == 1) {
      Data marks;
      for (size_t at = 0; at < table.size(); at += INTERVAL * QSDM_ENTRY_BYTES)
        marks.insert(marks.end(), &table[at], &table[at] + QSDM_ENTRY_BYTES);
      const Table built(device_, {marks.data(), count + 1, INTERVAL});
      check(qsdm_cuda_table_read(built.get(), 1, count, rest));
    }
    return Data(rest, rest + count * QSDM_ENTRY_BYTES);
  }
  Data walk(const qsdm_dag &dag, qsdm_mix mix, const Data &starts) const override {
    const Table table(device_, dag);
    const size_t count = starts.size() / QSDM_START_BYTES;
    Data mixes(count * QSDM_ENTRY_BYTES);
    check(qsdm_cuda_walk(table.get(), mix, starts.data(), count, mixes.data()));
    return mixes;
  }
  qsdm_found search(const qsdm_search &job, const Data &start, uint64_t attempts) const override {
    const Table table(device_, job.table);
    qsdm_found found{};
    check(qsdm_cuda_search(table.get(), &job, start.data(), attempts, &found));
    return found;
  }

 private:
  int device_;
};

}  // namespace

std::vector<std::unique_ptr<Engine>> cuda_engines() {
  const char *why_none = nullptr;
  const int count = qsdm_cuda_devices(&why_none);
  if (why_none) std::printf("cuda: no device: %s\n", why_none);
  std::vector<std::unique_ptr<Engine>> out;
  for (int device = 0; device < count; device++) out.push_back(std::make_unique<CudaEngine>(device));
  return out;
}

}  // namespace qsdm
