// ML-DSA signatures in batches, and cells with them: one submission copies everything, hashes and verifies.
#include <new>

#include "../core/ml_dsa/thread_verify.hpp"
#include "../core/thread.hpp"
#include "../include/qsdm_cuda.h"
#include "device.cuh"

using namespace qsdm;

namespace {

// Where a signature's parts lie in the bytes of a batch.
struct Places {
  uint64_t key, signature, message, context;
  uint64_t message_size;
  uint32_t context_size;
  uint32_t form;
};

// Leaves the verdicts of those that have been refused for their sizes.
template <class P>
__global__ void __launch_bounds__(BLOCK_THREADS)
    verify_kernel(const uint8_t *bytes, const Places *places, uint64_t count, uint8_t *verdicts) {
  const uint64_t i = thread_number();
  if (i >= count || verdicts[i] != QSDM_VALID) return;
  const Places at = places[i];
  const qsdm_message message = {static_cast<qsdm_form>(at.form), bytes + at.message, at.message_size, bytes + at.context,
                                at.context_size};
  const qsdm_signed what = {bytes + at.key, P::PUBLIC_KEY_BYTES, bytes + at.signature, P::SIGNATURE_BYTES, message};
  verdicts[i] = static_cast<uint8_t>(ml_dsa::thread_verify<P>(what));
}

__global__ void __launch_bounds__(BLOCK_THREADS)
    message_kernel(const uint8_t *bytes, const Places *places, uint64_t count, uint8_t *digests) {
  const uint64_t i = thread_number();
  if (i < count) thread_hash(bytes + places[i].message, places[i].message_size, digests + 32 * i);
}

// The bytes of a batch one after the other.
class Flat {
 public:
  explicit Flat(size_t count) : places(new (std::nothrow) Places[count]) {}
  Flat(const Flat &) = delete;
  Flat &operator=(const Flat &) = delete;
  ~Flat() {
    delete[] places;
    delete[] bytes;
  }
  // Room for so many bytes. False without memory.
  bool reserve(uint64_t most) { return places && (bytes = new (std::nothrow) uint8_t[most + 1]); }
  uint64_t put(const uint8_t *from, size_t count) {
    if (count) memcpy(bytes + size, from, count);
    size += count;
    return size - count;
  }

  Places *places;
  uint8_t *bytes = nullptr;
  uint64_t size = 0;
};

// What is refused for its size is not copied, but for its message.
template <class P>
bool flatten(const qsdm_signed *batch, size_t count, Flat &flat, uint8_t *verdicts) {
  uint64_t most = 0;
  for (size_t i = 0; i < count; i++) {
    verdicts[i] = static_cast<uint8_t>(ml_dsa::check_sizes<P>(batch[i]));
    most += batch[i].message.size;
    if (verdicts[i] == QSDM_VALID) most += P::PUBLIC_KEY_BYTES + P::SIGNATURE_BYTES + batch[i].message.context_size;
  }
  if (!flat.reserve(most)) return false;
  for (size_t i = 0; i < count; i++) {
    const auto &[key, key_size, signature, signature_size, message] = batch[i];
    Places at{};
    at.message = flat.put(message.bytes, message.size);
    at.message_size = message.size;
    at.form = message.form;
    if (verdicts[i] == QSDM_VALID) {
      at.key = flat.put(key, key_size);
      at.signature = flat.put(signature, signature_size);
      at.context = flat.put(message.context, message.context_size);
      at.context_size = static_cast<uint32_t>(message.context_size);
    }
    flat.places[i] = at;
  }
  return true;
}

template <class P>
int verify(int device, const qsdm_signed *batch, size_t count, uint8_t *verdicts, uint8_t *digests) {
  Flat flat(count);
  if (!flatten<P>(batch, count, flat, verdicts)) return cudaErrorMemoryAllocation;
  Scope scope(device);
  const uint8_t *bytes = scope.copy_in(flat.bytes, flat.size);
  const Places *places = scope.copy_in(flat.places, count);
  uint8_t *answers = scope.copy_in(verdicts, count);
  uint8_t *hashes = digests ? scope.allocate<uint8_t>(32 * count) : nullptr;
  scope.run(verify_kernel<P>, count, bytes, places, count, answers);
  if (digests) scope.run(message_kernel, count, bytes, places, count, hashes);
  scope.copy_out(verdicts, answers, count);
  if (digests) scope.copy_out(digests, hashes, 32 * count);
  return scope.status();
}

}  // namespace

extern "C" int qsdm_cuda_ml_dsa_verify(int device, qsdm_ml_dsa level, const qsdm_signed *batch, size_t count,
                                       uint8_t *verdicts, uint8_t *digests) {
  if (count == 0) return 0;
  return level == QSDM_ML_DSA_44 ? verify<ml_dsa::Params<44>>(device, batch, count, verdicts, digests)
                                 : verify<ml_dsa::Params<87>>(device, batch, count, verdicts, digests);
}
