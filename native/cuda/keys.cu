#include "keys.cuh"

#include <string.h>

#include <new>

#include "../core/ml_dsa/keys.hpp"

using namespace qsdm;

qsdm_cuda_keys::qsdm_cuda_keys(int its_device, qsdm_ml_dsa its_level, uint32_t entries, size_t key_bytes)
    : device(its_device),
      level(its_level),
      sets_((entries + WAYS - 1) / WAYS),
      key_bytes_(key_bytes),
      slots_(new (std::nothrow) Slot[places()]()),
      keys_(new (std::nothrow) uint8_t[places() * key_bytes]),
      seen_(new (std::nothrow) uint64_t[SEEN]()),
      hash_(key_bytes) {}

qsdm_cuda_keys::~qsdm_cuda_keys() {
  delete[] slots_;
  delete[] keys_;
  delete[] seen_;
}

uint32_t qsdm_cuda_keys::place_of(const uint8_t *key, bool &fresh) {
  const uint64_t hash = hash_.of(key);
  const auto first = static_cast<uint32_t>(hash % sets_) * WAYS;
  uint32_t oldest = first;
  fresh = false;
  for (uint32_t place = first; place < first + WAYS; place++) {
    Slot &slot = slots_[place];
    if (slot.used > 0 && slot.hash == hash && memcmp(keys_ + place * key_bytes_, key, key_bytes_) == 0) {
      slot.used = batch_;
      return place;
    }
    if (slot.used < slots_[oldest].used) oldest = place;
  }
  uint64_t &seen = seen_[hash / sets_ % SEEN];
  const bool again = seen == hash;
  seen = hash;
  if (!again || slots_[oldest].used == batch_) return NONE;
  fresh = true;
  slots_[oldest] = {hash, batch_};
  memcpy(keys_ + oldest * key_bytes_, key, key_bytes_);
  return oldest;
}

void qsdm_cuda_keys::forget() {
  for (uint32_t place = 0; place < places(); place++) slots_[place].used = 0;
}

namespace {

template <int Level>
int create(int device, uint32_t entries, qsdm_cuda_keys **keys) {
  using P = ml_dsa::Params<Level>;
  auto *made = new (std::nothrow) qsdm_cuda_keys(device, P::LEVEL == 44 ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87, entries,
                                                 P::PUBLIC_KEY_BYTES);
  Scope lasting(device);
  if (!made || !made->ready()) {
    delete made;
    return cudaErrorMemoryAllocation;
  }
  made->expanded = lasting.allocate<ml_dsa::ExpandedKey<P>>(made->places());
  if (lasting.ok())
    *keys = made;
  else
    delete made;
  lasting.release();
  return lasting.status();
}

}  // namespace

extern "C" {

int qsdm_cuda_keys_create(int device, qsdm_ml_dsa level, uint32_t entries, qsdm_cuda_keys **keys) {
  return level == QSDM_ML_DSA_44 ? create<44>(device, entries, keys) : create<87>(device, entries, keys);
}

void qsdm_cuda_keys_destroy(qsdm_cuda_keys *keys) {
  if (!keys) return;
  (void)use_device(keys->device);
  cudaFree(keys->expanded);
  delete keys;
}

}  // extern "C"
