// Expanded public keys that were seen before, as many as fit. Entries do not change, and live while they are used.
#pragma once

#include <pthread.h>

#include "../../core/ml_dsa/params.hpp"
#include "key_hash.hpp"

namespace qsdm::ml_dsa {

struct KeyEntry;

// Bytes are compared whole. Where a key belongs is a hash with secret numbers, and one that was not seen before is not
// kept: whoever sends fresh keys neither finds those that share a place with another's nor drives that one out.
class KeyCache {
 public:
  // At most `entries`, each a key of `key_bytes` and its expansion of `expanded_bytes`, which is aligned to 64.
  KeyCache(size_t entries, size_t key_bytes, size_t expanded_bytes);
  KeyCache(const KeyCache &) = delete;
  KeyCache &operator=(const KeyCache &) = delete;
  ~KeyCache();
  // False without memory.
  bool ready() const { return slots_ && seen_ && hash_.ready(); }

  // The entry of a key, which is the caller's until it is let go, or null.
  KeyEntry *find(const uint8_t *key);
  // Whether the key was asked for before, so that it is worth keeping; it is now.
  bool worth_keeping(const uint8_t *key);
  // Keeps a copy of an expansion. Without memory it does not.
  void keep(const uint8_t *key, const void *expanded);
  static void let_go(KeyEntry *entry);
  static const void *expansion_of(const KeyEntry *entry);

 private:
  struct Slot {
    KeyEntry *entry;
    uint64_t hash, used;
  };
  static constexpr size_t WAYS = 8, SEEN = 16'384;

  Slot *set_of(uint64_t hash) { return slots_ + hash % sets_ * WAYS; }
  Slot *slot_of(const uint8_t *key, uint64_t hash);

  const size_t sets_, key_bytes_, expanded_bytes_;
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
  Slot *slots_;
  uint64_t *seen_;
  const KeyHash hash_;
  uint64_t clock_ = 0;
};

}  // namespace qsdm::ml_dsa
