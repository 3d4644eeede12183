// Messages, checkpoints, starts and searches of any bytes on a device, run by the CPU on the stand-in: it hashes and walks as
// the scalar path does, and builds the table that the checkpoints are of, or says that they are of none.
#include <cstring>

#include "../include/qsdm_cuda.h"
#include "input.hpp"

namespace {

void hash(qsdm::FuzzInput &input) {
  std::vector<uint32_t> ends(input.byte() % 20 + size_t{1});
  for (size_t i = 0; i < ends.size(); i++) ends[i] = (i ? ends[i - 1] : 0) + input.byte() * uint32_t{3};
  const auto messages = input.bytes(ends.back());
  std::vector<uint8_t> expected(32 * ends.size()), digests(expected.size());
  if (qsdm_hash(0, QSDM_SHA3_256, messages.data(), ends.data(), ends.size(), expected.data(), 32) != 0) __builtin_trap();
  if (qsdm_cuda_sha3(0, messages.data(), ends.data(), ends.size(), digests.data()) != 0) __builtin_trap();
  if (digests != expected) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const qsdm_mix mix = input.byte() % 2 ? QSDM_MIX_PLAIN : QSDM_MIX_TENSOR;
  const uint64_t entries = input.byte() + uint64_t{1}, interval = input.byte() % 16 + uint64_t{1};
  const size_t count = input.byte() % 20;
  const uint64_t attempts = input.byte() % 40;
  const auto starts = input.bytes(count * QSDM_START_BYTES), job = input.bytes(64 + 32 + 16);
  const auto first = input.bytes(QSDM_ENTRY_BYTES);
  const uint8_t at = input.byte(), flip = input.byte();

  // A chain from the first entry on, its checkpoints, and one of them changed.
  std::vector<uint8_t> table(entries * QSDM_ENTRY_BYTES), marks;
  std::memcpy(table.data(), first.data(), first.size());
  const qsdm_run run = {first.data(), table.data() + QSDM_ENTRY_BYTES, entries - 1, 1};
  qsdm_extend(0, &run, 1);
  for (uint64_t i = 0; i < entries; i += interval)
    marks.insert(marks.end(), &table[i * QSDM_ENTRY_BYTES], &table[i * QSDM_ENTRY_BYTES] + QSDM_ENTRY_BYTES);
  const size_t mark = at % (marks.size() / QSDM_ENTRY_BYTES);
  marks[mark * QSDM_ENTRY_BYTES] ^= flip;
  // Of a table that is whole nothing can be told, and one that has one checkpoint begins there.
  const bool is_chain = interval == 1 || flip == 0 || marks.size() == QSDM_ENTRY_BYTES;
  if (is_chain && flip != 0) {
    table[mark * QSDM_ENTRY_BYTES] ^= flip;
    if (interval > 1) {
      const qsdm_run again = {table.data(), table.data() + QSDM_ENTRY_BYTES, entries - 1, 1};
      qsdm_extend(0, &again, 1);
    }
  }
  const qsdm_dag dag = {marks.data(), entries, interval}, whole = {table.data(), entries, 1};
  qsdm_cuda_table *there = nullptr;
  const int status = qsdm_cuda_table_create(0, &dag, &there);
  if (status != (is_chain ? 0 : QSDM_CUDA_WRONG_CHECKPOINTS) || (there != nullptr) != is_chain) __builtin_trap();
  if (there) {
    std::vector<uint8_t> read(table.size()), mixes(count * QSDM_ENTRY_BYTES), expected(mixes.size());
    if (qsdm_cuda_table_read(there, 0, entries, read.data()) != 0 || read != table) __builtin_trap();
    qsdm_walk(0, &whole, mix, starts.data(), count, expected.data());
    if (qsdm_cuda_walk(there, mix, starts.data(), count, mixes.data()) != 0 || mixes != expected) __builtin_trap();
    const qsdm_search search = {job.data(), job.data() + 32, job.data() + 64, whole, mix, nullptr, 0};
    qsdm_found wanted{}, found{};
    qsdm_search_nonces(0, &search, job.data() + 96, attempts, &wanted);
    if (qsdm_cuda_search(there, &search, job.data() + 96, attempts, &found) != 0) __builtin_trap();
    if (found.found != wanted.found || found.attempts != wanted.attempts) __builtin_trap();
    if (found.found && (std::memcmp(found.nonce, wanted.nonce, sizeof found.nonce) != 0 ||
                        std::memcmp(found.mix, wanted.mix, sizeof found.mix) != 0))
      __builtin_trap();
    qsdm_cuda_table_destroy(there);
  }
  hash(input);
  return 0;
}
