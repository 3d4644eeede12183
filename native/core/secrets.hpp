// Secrets: wiping them, and, under valgrind, finding what depends on them.
//
// With QSDM_TAINT a secret's bytes are marked as undefined, and memcheck reports every branch and every address that
// depends on one. What a scheme makes public, or shows by how long it takes without giving anything away, is declassified
// where that happens, with the reason.
#pragma once

#include "host_device.hpp"

#if defined(QSDM_TAINT)
#include <valgrind/memcheck.h>
#endif

namespace qsdm {

QSDM_HD void declassify([[maybe_unused]] const void *bytes, [[maybe_unused]] size_t size) {
#if defined(QSDM_TAINT)
  (void)VALGRIND_MAKE_MEM_DEFINED(bytes, size);
#endif
}

template <class T>
QSDM_HD T declassified(T value) {
  declassify(&value, sizeof value);
  return value;
}

// A memset that is not left out because nobody reads the bytes again.
QSDM_HD void wipe(void *bytes, size_t size) {
#if defined(__CUDA_ARCH__)
  // A thread's memory is the device's, and the next kernel's.
  if ((reinterpret_cast<uintptr_t>(bytes) | size) % 4 == 0)
    for (size_t i = 0; i < size / 4; i++) static_cast<volatile uint32_t *>(bytes)[i] = 0;
  else
    for (size_t i = 0; i < size; i++) static_cast<volatile uint8_t *>(bytes)[i] = 0;
#else
  memset(bytes, 0, size);
#if defined(__GNUC__)
  asm volatile("" : : "r"(bytes) : "memory");
#endif
#endif
}

// Bytes that are wiped when they go.
template <class T>
struct Wiped {
  T value;

  QSDM_HD_MEMBER ~Wiped() { wipe(&value, sizeof value); }
};

}  // namespace qsdm
