// The C interface: picks a path and hands over.
#include "../include/qsdm_native.h"

#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "path.hpp"

namespace {

using qsdm::Path;

#if defined(__x86_64__) || defined(_M_X64)
constexpr const Path *PATHS[] = {&qsdm::SCALAR_PATH, &qsdm::AVX2_PATH, &qsdm::AVX512_PATH};

bool has_f16c() {
#if defined(__clang__)
  // Clang does not know the name before version 19; no processor has AVX2 without it.
  return true;
#else
  return __builtin_cpu_supports("f16c");
#endif
}

const char *missing_of(uint32_t index) {
  // These also ask the operating system whether it keeps the registers.
  if (index >= 1 &&
      !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && has_f16c()))
    return "this processor has no AVX2";
  if (index >= 2 && !(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")))
    return "this processor has no AVX-512 (F, BW, DQ, VL)";
  return nullptr;
}
#else
constexpr const Path *PATHS[] = {&qsdm::SCALAR_PATH};

const char *missing_of(uint32_t) { return nullptr; }
#endif

struct Form {
  size_t rate_bytes;
  uint8_t suffix;
};
constexpr Form FORMS[] = {{136, 0x06}, {168, 0x1f}, {136, 0x1f}};

uint32_t blocks_of(const uint32_t *ends, size_t i, size_t rate_bytes) {
  return static_cast<uint32_t>((ends[i] - (i == 0 ? 0 : ends[i - 1])) / rate_bytes);
}

// Message numbers by their blocks, in their order otherwise. Lanes that run in step should end together.
void sort_by_blocks(const uint32_t *ends, size_t count, size_t rate_bytes, uint32_t *order, uint32_t *scratch) {
  uint32_t most = 0;
  for (size_t i = 0; i < count; i++) {
    order[i] = static_cast<uint32_t>(i);
    const uint32_t blocks = blocks_of(ends, i, rate_bytes);
    if (blocks > most) most = blocks;
  }
  // Radix sort, eight bits at a time, as far as there are any.
  for (uint32_t shift = 0; shift < 32 && most >> shift; shift += 8) {
    size_t starts[257] = {};
    const auto key = [&](uint32_t number) { return blocks_of(ends, number, rate_bytes) >> shift & 0xff; };
    for (size_t i = 0; i < count; i++) starts[key(order[i]) + 1]++;
    for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
    for (size_t i = 0; i < count; i++) scratch[starts[key(order[i])]++] = order[i];
    for (size_t i = 0; i < count; i++) order[i] = scratch[i];
  }
}

}  // namespace

extern "C" {

uint32_t qsdm_abi(void) { return QSDM_NATIVE_ABI; }

uint32_t qsdm_path_count(void) { return sizeof PATHS / sizeof *PATHS; }

qsdm_path qsdm_path_at(uint32_t index) { return {PATHS[index]->name, PATHS[index]->lanes, missing_of(index)}; }

int qsdm_hash(uint32_t path, qsdm_sponge sponge, const uint8_t *messages, const uint32_t *ends, size_t count,
              uint8_t *digests, size_t digest_bytes) {
  const Form form = FORMS[sponge];
  constexpr size_t few = 64;
  uint32_t here[2 * few];
  uint32_t *order = count <= few ? here : new (std::nothrow) uint32_t[2 * count];
  if (!order) return -1;
  sort_by_blocks(ends, count, form.rate_bytes, order, order + count);
  PATHS[path]->hash({messages, ends, order, count, digests, digest_bytes, form.rate_bytes, form.suffix});
  if (order != here) delete[] order;
  return 0;
}

void qsdm_extend(uint32_t path, const qsdm_run *runs, size_t count) { PATHS[path]->extend(runs, count); }

int qsdm_prefer_large_pages(void *memory, size_t bytes) {
#if defined(__linux__)
  // Whole pages inside it; advice about others' memory would be rude.
  constexpr uintptr_t page = 4096;
  const auto start = (reinterpret_cast<uintptr_t>(memory) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(memory) + bytes) / page * page;
  return end > start && madvise(reinterpret_cast<void *>(start), end - start, MADV_HUGEPAGE) == 0;
#else
  (void)memory;
  (void)bytes;
  return 0;
#endif
}

void qsdm_walk(uint32_t path, const qsdm_dag *dag, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes) {
  PATHS[path]->walk(*dag, mix, starts, count, mixes);
}

void qsdm_search_nonces(uint32_t path, const qsdm_search *job, const uint8_t *start, uint64_t attempts,
                        qsdm_found *found) {
  PATHS[path]->search(*job, start, attempts, *found);
}

}  // extern "C"
