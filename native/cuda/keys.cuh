// Public keys made ready on a device, those that come again. What is known of them lies here, the keys on the device.
#pragma once

#include "../cpu/ml_dsa/key_hash.hpp"
#include "../include/qsdm_cuda.h"
#include "device.cuh"

// As KeyCache of cpu/ml_dsa/key_cache.hpp: fresh keys drive none out. A place that a batch uses stays until its end.
struct qsdm_cuda_keys {
  static constexpr uint32_t NONE = UINT32_MAX;

  qsdm_cuda_keys(int its_device, qsdm_ml_dsa its_level, uint32_t entries, size_t key_bytes);
  qsdm_cuda_keys(const qsdm_cuda_keys &) = delete;
  qsdm_cuda_keys &operator=(const qsdm_cuda_keys &) = delete;
  ~qsdm_cuda_keys();
  // False without memory.
  bool ready() const { return slots_ && keys_ && seen_ && hash_.ready(); }

  void begin_batch() { batch_++; }
  // The place of a key, which is `fresh` when its expansion has to be put there now; NONE where it is not kept.
  uint32_t place_of(const uint8_t *key, bool &fresh);
  // All of them: the device may not have what it was to have.
  void forget();

  const int device;
  const qsdm_ml_dsa level;
  // ExpandedKey of the level, as many as there are places.
  void *expanded = nullptr;
  uint32_t places() const { return sets_ * WAYS; }

 private:
  struct Slot {
    uint64_t hash;
    // The batch that used it last, 0 for an empty one.
    uint64_t used;
  };
  static constexpr uint32_t WAYS = 8, SEEN = 16'384;

  const uint32_t sets_;
  const size_t key_bytes_;
  Slot *slots_;
  uint8_t *keys_;
  uint64_t *seen_;
  const qsdm::ml_dsa::KeyHash hash_;
  uint64_t batch_ = 0;
};
