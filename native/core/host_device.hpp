// What runs on the CPU and, compiled by nvcc, in a thread of a GPU.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__CUDACC__)
#define QSDM_HD __host__ __device__ __forceinline__
#elif defined(__GNUC__)
// Never merged with a copy of the same function that another instruction set was compiled for.
#define QSDM_HD static inline __attribute__((always_inline))
#else
#define QSDM_HD static __forceinline
#endif
#if defined(__CUDACC__)
#define QSDM_HD_MEMBER __host__ __device__ __forceinline__
#elif defined(__GNUC__)
#define QSDM_HD_MEMBER inline __attribute__((always_inline))
#else
#define QSDM_HD_MEMBER __forceinline
#endif
// A function that is too large to be copied to each caller. It is each file's own, for the same reason.
#if defined(__CUDACC__)
#define QSDM_HD_PART static inline __host__ __device__
#else
#define QSDM_HD_PART static inline
#endif
// One that is called on a device, too: what a caller holds in registers meanwhile goes to the stack once, and not all along.
#if defined(__CUDACC__)
#define QSDM_HD_CALL static __host__ __device__ __noinline__
#else
#define QSDM_HD_CALL static inline
#endif
