#include "key_cache.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace qsdm::ml_dsa {

namespace {

class Locked {
 public:
  explicit Locked(pthread_mutex_t &lock) : lock_(lock) { pthread_mutex_lock(&lock_); }
  Locked(const Locked &) = delete;
  Locked &operator=(const Locked &) = delete;
  ~Locked() { pthread_mutex_unlock(&lock_); }

 private:
  pthread_mutex_t &lock_;
};

constexpr size_t HEAD = 64;

}  // namespace

// Followed by the expansion and the key.
struct alignas(64) KeyEntry {
  uint32_t users;
  size_t expanded_bytes;

  uint8_t *expansion() { return reinterpret_cast<uint8_t *>(this) + HEAD; }
  uint8_t *key() { return expansion() + expanded_bytes; }
};
static_assert(sizeof(KeyEntry) == HEAD);

KeyCache::KeyCache(size_t entries, size_t key_bytes, size_t expanded_bytes)
    : sets_((entries + WAYS - 1) / WAYS),
      key_bytes_(key_bytes),
      expanded_bytes_(expanded_bytes),
      slots_(new (std::nothrow) Slot[sets_ * WAYS]()),
      seen_(new (std::nothrow) uint64_t[SEEN]()),
      hash_(key_bytes) {}

KeyCache::~KeyCache() {
  for (size_t i = 0; slots_ && i < sets_ * WAYS; i++)
    if (slots_[i].entry) let_go(slots_[i].entry);
  delete[] slots_;
  delete[] seen_;
}

KeyCache::Slot *KeyCache::slot_of(const uint8_t *key, uint64_t hash) {
  Slot *set = set_of(hash);
  for (size_t way = 0; way < WAYS; way++)
    if (set[way].entry && set[way].hash == hash && std::memcmp(set[way].entry->key(), key, key_bytes_) == 0)
      return set + way;
  return nullptr;
}

KeyEntry *KeyCache::find(const uint8_t *key) {
  const uint64_t hash = hash_.of(key);
  const Locked locked(lock_);
  Slot *slot = slot_of(key, hash);
  if (!slot) return nullptr;
  slot->used = ++clock_;
  __atomic_add_fetch(&slot->entry->users, 1, __ATOMIC_RELAXED);
  return slot->entry;
}

bool KeyCache::worth_keeping(const uint8_t *key) {
  const uint64_t hash = hash_.of(key);
  const Locked locked(lock_);
  uint64_t &place = seen_[hash / sets_ % SEEN];
  if (place == hash) return true;
  place = hash;
  return false;
}

void KeyCache::keep(const uint8_t *key, const void *expanded) {
  const uint64_t hash = hash_.of(key);
  const size_t size = (HEAD + expanded_bytes_ + key_bytes_ + 63) / 64 * 64;
  void *memory = std::aligned_alloc(64, size);
  if (!memory) return;
  auto *entry = new (memory) KeyEntry{1, expanded_bytes_};
  std::memcpy(entry->expansion(), expanded, expanded_bytes_);
  std::memcpy(entry->key(), key, key_bytes_);
  const Locked locked(lock_);
  if (slot_of(key, hash)) {
    let_go(entry);
    return;
  }
  Slot *oldest = set_of(hash);
  for (size_t way = 0; way < WAYS; way++)
    if (Slot *slot = set_of(hash) + way; slot->used < oldest->used) oldest = slot;
  if (oldest->entry) let_go(oldest->entry);
  *oldest = {entry, hash, ++clock_};
}

void KeyCache::let_go(KeyEntry *entry) {
  if (__atomic_sub_fetch(&entry->users, 1, __ATOMIC_ACQ_REL) == 0) std::free(entry);
}

const void *KeyCache::expansion_of(const KeyEntry *entry) { return const_cast<KeyEntry *>(entry)->expansion(); }

}  // namespace qsdm::ml_dsa
