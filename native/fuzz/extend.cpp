// Runs of a table from any entry and number on, of any lengths side by side: every path, and a thread of a GPU, computes the
// same entries.
#include <algorithm>

#include "../core/thread.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  struct Run {
    std::vector<uint8_t> previous, expected;
    uint32_t index;
  };
  std::vector<Run> runs(input.byte() % 20);
  for (Run &run : runs) {
    run.expected.resize(size_t{input.byte()} % 40 * QSDM_ENTRY_BYTES);
    run.index = 0;
    for (int byte = 0; byte < 4; byte++) run.index = run.index << 8 | input.byte();
    // Numbers of entries are below 2^32.
    run.index = std::min(run.index, UINT32_MAX - 40);
    run.previous = input.bytes(QSDM_ENTRY_BYTES);
    uint64_t entry[4];
    qsdm::load_entry(run.previous.data(), entry);
    qsdm::thread_extend(entry, run.index, run.expected.size() / QSDM_ENTRY_BYTES, run.expected.data());
  }
  qsdm::on_every_path([&](uint32_t path) {
    std::vector<std::vector<uint8_t>> made;
    std::vector<qsdm_run> asked;
    for (const Run &run : runs) made.emplace_back(run.expected.size());
    for (size_t i = 0; i < runs.size(); i++)
      asked.push_back({runs[i].previous.data(), made[i].data(), made[i].size() / QSDM_ENTRY_BYTES, runs[i].index});
    qsdm_extend(path, asked.data(), asked.size());
    for (size_t i = 0; i < runs.size(); i++)
      if (made[i] != runs[i].expected) __builtin_trap();
  });
  return 0;
}
