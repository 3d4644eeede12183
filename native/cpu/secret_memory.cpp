#include "secret_memory.hpp"

#include <sys/mman.h>

#include "../core/secrets.hpp"

namespace qsdm {

void *secret_allocate(size_t size) {
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // Both are a matter of limits and of the system; a key is usable without.
  (void)mlock(memory, size);
#if defined(MADV_DONTDUMP)
  (void)madvise(memory, size, MADV_DONTDUMP);
#endif
  return memory;
}

void secret_free(void *memory, size_t size) {
  wipe(memory, size);
  munmap(memory, size);
}

}  // namespace qsdm
