// The transforms of ntt.hpp for a thread whose polynomials lie in slow memory: sixteen coefficients at a time go through
// four layers in registers, so that each one is read and written twice instead of eight times. The same butterflies.
#pragma once

#include "ntt.hpp"

namespace qsdm::ml_dsa {

#if defined(__CUDA_ARCH__)
#define QSDM_UNROLL _Pragma("unroll")
#define QSDM_ROLL _Pragma("unroll 1")
#else
#define QSDM_UNROLL
#define QSDM_ROLL
#endif

// Four layers over `a`, whose first factor is zeta(first): half of them each time, 8, 4, 2 and 1 apart.
QSDM_HD void four_layers(int32_t (&a)[16], int first) {
  QSDM_UNROLL
  for (int layer = 0; layer < 4; layer++) {
    const int apart = 8 >> layer;
    QSDM_UNROLL
    for (int i = 0; i < 8; i++) {
      const int block = i / apart, at = block * 2 * apart + i % apart;
      const int32_t turned = multiply(zeta((first << layer) + block), a[at + apart]);
      a[at + apart] = a[at] - turned;
      a[at] += turned;
    }
  }
}

// The inverse ones, 1, 2, 4 and 8 apart; the last factor is that of `first`.
QSDM_HD void four_inverse_layers(int32_t (&a)[16], int first) {
  QSDM_UNROLL
  for (int layer = 3; layer >= 0; layer--) {
    const int apart = 8 >> layer;
    QSDM_UNROLL
    for (int i = 0; i < 8; i++) {
      const int block = i / apart, at = block * 2 * apart + i % apart;
      const int32_t before = a[at];
      a[at] = before + a[at + apart];
      // Blocks run backwards through the factors of their layer.
      a[at + apart] = multiply(-zeta((first << layer) + ((1 << layer) - 1 - block)), before - a[at + apart]);
    }
  }
}

QSDM_HD_PART void thread_ntt(Poly &poly) {
  QSDM_ROLL
  for (int i = 0; i < 16; i++) {
    int32_t a[16];
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) a[j] = poly.at[i + 16 * j];
    four_layers(a, 1);
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) poly.at[i + 16 * j] = a[j];
  }
  QSDM_ROLL
  for (int block = 0; block < 16; block++) {
    int32_t a[16];
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) a[j] = poly.at[16 * block + j];
    four_layers(a, 16 + block);
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) poly.at[16 * block + j] = a[j];
  }
}

QSDM_HD_PART void thread_inverse_ntt(Poly &poly) {
  QSDM_ROLL
  for (int block = 0; block < 16; block++) {
    int32_t a[16];
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) a[j] = poly.at[16 * block + j];
    four_inverse_layers(a, 31 - block);
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) poly.at[16 * block + j] = a[j];
  }
  QSDM_ROLL
  for (int i = 0; i < 16; i++) {
    int32_t a[16];
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) a[j] = poly.at[i + 16 * j];
    four_inverse_layers(a, 1);
    QSDM_UNROLL
    for (int j = 0; j < 16; j++) poly.at[i + 16 * j] = multiply(INVERSE_SCALE, a[j]);
  }
}

}  // namespace qsdm::ml_dsa
