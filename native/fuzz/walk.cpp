// Walks over tables and checkpoints, and the search, from any start over any bytes: every path ends in the same.
#include <cstring>

#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const qsdm_mix mix = input.byte() % 2 ? QSDM_MIX_PLAIN : QSDM_MIX_TENSOR;
  const uint64_t entries = input.byte() + uint64_t{1}, interval = input.byte() % 16 + uint64_t{1};
  const size_t count = input.byte() % 20;
  const uint64_t attempts = input.byte() % 40;
  const std::vector<uint8_t> starts = input.bytes(count * QSDM_START_BYTES), job = input.bytes(64 + 32 + 16);
  const std::vector<uint8_t> marks = input.bytes((entries + interval - 1) / interval * QSDM_ENTRY_BYTES);
  const std::vector<uint8_t> table = input.bytes(entries * QSDM_ENTRY_BYTES);
  const qsdm_dag light = {marks.data(), entries, interval}, whole = {table.data(), entries, 1};
  std::vector<uint8_t> first;
  qsdm::on_every_path([&](uint32_t path) {
    std::vector<uint8_t> out(2 * count * QSDM_ENTRY_BYTES + sizeof(qsdm_found));
    qsdm_walk(path, &light, mix, starts.data(), count, out.data());
    qsdm_walk(path, &whole, mix, starts.data(), count, out.data() + count * QSDM_ENTRY_BYTES);
    const qsdm_search search = {job.data(), job.data() + 32, job.data() + 64, whole, mix, nullptr, 0};
    qsdm_found found{};
    qsdm_search_nonces(path, &search, job.data() + 96, attempts, &found);
    // A solution counts only where there is one.
    std::memcpy(out.data() + 2 * count * QSDM_ENTRY_BYTES, &found, sizeof found);
    if (first.empty()) first = out;
    if (out != first) __builtin_trap();
  });
  return 0;
}
