// Memory for secrets: not swapped out and not dumped where the system grants it, and wiped before it is given back.
#pragma once

#include <stddef.h>

namespace qsdm {

// Aligned to a page; null without memory.
void *secret_allocate(size_t size);
void secret_free(void *memory, size_t size);

}  // namespace qsdm
