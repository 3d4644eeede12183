// Files of any content and size, mapped in any size, cut short and written to: what is mapped is what the file held, and a
// mapping that does not hold says so.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const uint8_t what = input.byte();
  // Whole pages more, so that a file may end long before its mapping does.
  const size_t cut = input.byte() * size_t{64}, pages = input.byte() % 4;
  uint64_t claimed = 0;
  for (int byte = 0; byte < 8; byte++) claimed = claimed << 8 | input.byte();
  std::vector<uint8_t> content = input.rest();
  content.resize(content.size() + pages * 4'096, 0x5a);
  const int file = memfd_create("qsdm-fuzz", MFD_CLOEXEC);
  if (file < 0 || write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) __builtin_trap();
  // Any size at all, or one that the file has.
  if (what & 1) claimed = claimed % (content.size() + 2);
  qsdm_mapping *mapping = qsdm_mapping_create(file, claimed);
  if ((mapping != nullptr) != (claimed > 0 && claimed <= content.size())) __builtin_trap();
  if (mapping) {
    const auto bytes = static_cast<size_t>(claimed);
    const uint8_t *mapped = qsdm_mapping_bytes(mapping);
    if (qsdm_mapping_size(mapping) != bytes || std::memcmp(mapped, content.data(), bytes) != 0) __builtin_trap();
    const uint64_t entries = bytes / QSDM_ENTRY_BYTES;
    if (entries > 0) {
      const qsdm_dag there = {mapped, entries, 1}, here = {content.data(), entries, 1};
      const uint8_t start[QSDM_START_BYTES] = {what};
      uint8_t mixes[2][QSDM_ENTRY_BYTES];
      qsdm_walk(0, &there, QSDM_MIX_PLAIN, start, 1, mixes[0]);
      qsdm_walk(0, &here, QSDM_MIX_PLAIN, start, 1, mixes[1]);
      if (std::memcmp(mixes[0], mixes[1], QSDM_ENTRY_BYTES) != 0) __builtin_trap();
    }
    if (!qsdm_mapping_holds(mapping)) __builtin_trap();
    if (cut < content.size() && what & 2) {
      if (ftruncate(file, static_cast<off_t>(cut)) != 0) __builtin_trap();
      // What is gone reads as zeros, in the page that is left and beyond it.
      for (size_t i = 0; i < bytes; i++)
        if (mapped[i] != 0 && (i >= cut || mapped[i] != content[i])) __builtin_trap();
      if (qsdm_mapping_holds(mapping)) __builtin_trap();
    }
    qsdm_mapping_release(mapping);
  }
  close(file);
  return 0;
}
