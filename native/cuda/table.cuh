// A table on a device, with what a search over it needs.
#pragma once

#include "../include/qsdm_cuda.h"
#include "device.cuh"

// One launch of a search that is under way, so that the device has the next one when it is done with this.
struct qsdm_cuda_launch {
  cudaStream_t stream;
  // Number of the first attempt that is a solution, on the device and in memory of the host that the device reaches.
  unsigned long long *found;
  unsigned long long *found_here;
};

struct qsdm_cuda_table {
  int device;
  uint8_t *bytes;
  uint64_t entries;
  qsdm_cuda_launch launches[2];
};
