// ML-DSA signatures in batches, and cells with them: one submission copies everything, hashes and verifies.
#include <new>

#include "../core/ml_dsa/thread_keys.hpp"
#include "../core/ml_dsa/thread_verify.hpp"
#include "../core/thread.hpp"
#include "flat.cuh"
#include "keys.cuh"

using namespace qsdm;

namespace {

// Where a signature's parts lie in the bytes of a batch. The key is a number among those that are ready where it is one of
// them.
struct Places {
  uint64_t key, signature;
  FlatMessage message;
  // Its number in the batch.
  uint64_t item;
};

template <class P>
__global__ void __launch_bounds__(BLOCK_THREADS)
    verify_kernel(const uint8_t *bytes, const Places *places, uint64_t count, uint8_t *verdicts) {
  const uint64_t i = thread_number();
  if (i >= count) return;
  const Places at = places[i];
  verdicts[at.item] = static_cast<uint8_t>(ml_dsa::thread_verify<P>(ml_dsa::RawKey<P>{bytes + at.key},
                                                                    bytes + at.signature, message_at(bytes, at.message)));
}

template <class P>
__global__ void __launch_bounds__(BLOCK_THREADS)
    verify_ready_kernel(const uint8_t *bytes, const ml_dsa::ExpandedKey<P> *keys, const Places *places, uint64_t count,
                        uint8_t *verdicts) {
  const uint64_t i = thread_number();
  if (i >= count) return;
  const Places at = places[i];
  verdicts[at.item] = static_cast<uint8_t>(ml_dsa::thread_verify<P>(ml_dsa::ReadyKey<P>{keys + at.key},
                                                                    bytes + at.signature, message_at(bytes, at.message)));
}

// A key that is to be made ready, and its place.
struct Expansion {
  uint64_t key, place;
};

template <class P>
__global__ void __launch_bounds__(BLOCK_THREADS)
    expand_kernel(const uint8_t *bytes, const Expansion *expansions, uint64_t count, ml_dsa::ExpandedKey<P> *keys) {
  const uint64_t i = thread_number(), number = i / ml_dsa::PUBLIC_PARTS<P>;
  if (number < count)
    ml_dsa::thread_expand<P>(bytes + expansions[number].key, static_cast<int>(i % ml_dsa::PUBLIC_PARTS<P>),
                             keys[expansions[number].place]);
}

__global__ void __launch_bounds__(BLOCK_THREADS)
    message_kernel(const uint8_t *bytes, const Places *places, uint64_t count, uint8_t *digests) {
  const uint64_t i = thread_number();
  if (i < count) thread_hash(bytes + places[i].message.at, places[i].message.size, digests + 32 * places[i].item);
}

// A batch in the order that kernels take it: those with a key of their own, those with one that is ready, and those that
// were refused for their sizes, of which the message alone is copied.
struct Sorted {
  Flat flat;
  Places *places;
  Expansion *expansions;
  uint64_t raw = 0, ready = 0, fresh = 0;

  explicit Sorted(size_t count)
      : places(new (std::nothrow) Places[count]), expansions(new (std::nothrow) Expansion[count]) {}
  Sorted(const Sorted &) = delete;
  Sorted &operator=(const Sorted &) = delete;
  ~Sorted() {
    delete[] places;
    delete[] expansions;
  }
};

enum Kind : uint8_t { RAW, READY, REFUSED };

// Which of the three a signature is; with a key that is ready, its place.
struct Sorting {
  Kind kind;
  bool fresh;
  uint32_t place;
};

template <class P>
bool sort(const qsdm_signed *batch, size_t count, qsdm_cuda_keys *keys, Sorted &to, uint8_t *verdicts) {
  auto *sortings = new (std::nothrow) Sorting[count];
  if (!sortings || !to.places || !to.expansions) return delete[] sortings, false;
  uint64_t most = 0;
  for (size_t i = 0; i < count; i++) {
    verdicts[i] = static_cast<uint8_t>(ml_dsa::check_sizes<P>(batch[i]));
    sortings[i] = {verdicts[i] == QSDM_VALID ? RAW : REFUSED, false, qsdm_cuda_keys::NONE};
    most += batch[i].message.size;
    if (sortings[i].kind == REFUSED) continue;
    if (keys) sortings[i].place = keys->place_of(batch[i].public_key, sortings[i].fresh);
    if (sortings[i].place != qsdm_cuda_keys::NONE) sortings[i].kind = READY;
    most += P::PUBLIC_KEY_BYTES + P::SIGNATURE_BYTES + batch[i].message.context_size;
  }
  const bool fits = to.flat.reserve(most);
  uint64_t put = 0;
  for (const Kind kind : {RAW, READY, REFUSED}) {
    for (size_t i = 0; fits && i < count; i++) {
      if (sortings[i].kind != kind) continue;
      const auto &[key, key_size, signature, signature_size, message] = batch[i];
      Places at{};
      at.item = i;
      at.message = to.flat.put_message(message, kind != REFUSED);
      if (kind != REFUSED) at.signature = to.flat.put(signature, signature_size);
      if (kind == RAW) at.key = to.flat.put(key, key_size);
      if (kind == READY) at.key = sortings[i].place;
      if (sortings[i].fresh) to.expansions[to.fresh++] = {to.flat.put(key, key_size), sortings[i].place};
      to.places[put++] = at;
    }
    if (kind == RAW) to.raw = put;
    if (kind == READY) to.ready = put - to.raw;
  }
  delete[] sortings;
  return fits;
}

template <class P>
int verify(int device, qsdm_cuda_keys *keys, const qsdm_signed *batch, size_t count, uint8_t *verdicts,
           uint8_t *digests) {
  Sorted sorted(count);
  if (keys) keys->begin_batch();
  const bool fits = sort<P>(batch, count, keys, sorted, verdicts);
  Scope scope(device);
  if (!fits) scope.check(cudaErrorMemoryAllocation);
  const uint8_t *bytes = scope.copy_in(sorted.flat.bytes, sorted.flat.size);
  const Places *places = scope.copy_in(sorted.places, fits ? count : 0);
  uint8_t *answers = scope.copy_in(verdicts, count);
  uint8_t *hashes = digests ? scope.allocate<uint8_t>(32 * count) : nullptr;
  if (keys) {
    auto *expanded = static_cast<ml_dsa::ExpandedKey<P> *>(keys->expanded);
    const Expansion *expansions = scope.copy_in(sorted.expansions, sorted.fresh);
    scope.run(expand_kernel<P>, sorted.fresh * ml_dsa::PUBLIC_PARTS<P>, bytes, expansions, sorted.fresh, expanded);
    scope.run(verify_ready_kernel<P>, sorted.ready, bytes, static_cast<const ml_dsa::ExpandedKey<P> *>(expanded),
              places + sorted.raw, sorted.ready, answers);
  }
  scope.run(verify_kernel<P>, sorted.raw, bytes, places, sorted.raw, answers);
  if (digests) scope.run(message_kernel, count, bytes, places, count, hashes);
  scope.copy_out(verdicts, answers, count);
  if (digests) scope.copy_out(digests, hashes, 32 * count);
  if (keys && !scope.ok()) keys->forget();
  return scope.status();
}

}  // namespace

extern "C" int qsdm_cuda_ml_dsa_verify(int device, qsdm_ml_dsa level, qsdm_cuda_keys *keys, const qsdm_signed *batch,
                                       size_t count, uint8_t *verdicts, uint8_t *digests) {
  if (count == 0) return 0;
  return level == QSDM_ML_DSA_44 ? verify<ml_dsa::Params<44>>(device, keys, batch, count, verdicts, digests)
                                 : verify<ml_dsa::Params<87>>(device, keys, batch, count, verdicts, digests);
}
