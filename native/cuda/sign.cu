// ML-DSA signatures made in batches, by a key that lies on the device. A launch makes one attempt for each message, and
// those that were refused are tried again together, so that no thread waits for its neighbours' luck. Once few are left,
// several attempts of each are made at a time; the first that may be shown counts, so the signature is the same.
#include <new>

#include "../core/ml_dsa/thread_keys.hpp"
#include "../core/ml_dsa/thread_sign.hpp"
#include "flat.cuh"

using namespace qsdm;

struct qsdm_cuda_signer {
  int device;
  qsdm_ml_dsa level;
  // A SecretKey of the level, on the device.
  void *key;
};

namespace {

template <class P>
__global__ void __launch_bounds__(BLOCK_THREADS)
    load_kernel(const uint8_t *bytes, ml_dsa::SecretKey<P> *key, int *wrong) {
  const uint64_t part = thread_number();
  if (part < ml_dsa::SECRET_PARTS<P> && !ml_dsa::thread_load<P>(bytes, static_cast<int>(part), *key)) *wrong = 1;
}

template <class P>
__global__ void __launch_bounds__(BLOCK_THREADS)
    begin_kernel(const ml_dsa::SecretKey<P> *key, const uint8_t *bytes, const FlatMessage *messages, const uint8_t *rnds,
                 uint64_t count, ml_dsa::SigningSeed *seeds) {
  const uint64_t i = thread_number();
  if (i < count)
    ml_dsa::thread_begin_signing<P>(*key, message_at(bytes, messages[i]), rnds + i * ml_dsa::RND_BYTES, seeds[i]);
}

// An attempt at a signature of the batch.
struct Task {
  uint32_t item, attempt;
};

// `signatures` is NULL where attempts are only looked at.
template <class P>
__global__ void __launch_bounds__(BLOCK_THREADS, 4)
    attempt_kernel(const ml_dsa::SecretKey<P> *key, const ml_dsa::SigningSeed *seeds, const Task *tasks, uint64_t count,
                   uint8_t *signatures, uint8_t *done) {
  const uint64_t i = thread_number();
  if (i >= count) return;
  const auto [item, attempt] = tasks[i];
  uint8_t *to = signatures ? signatures + uint64_t{item} * P::SIGNATURE_BYTES : nullptr;
  done[i] = ml_dsa::thread_sign<P>(*key, seeds[item], static_cast<int>(attempt), to);
}

// Attempts that are made side by side when few signatures are left, and that a launch is then filled up to.
constexpr uint32_t MOST_TOGETHER = 16;
constexpr uint64_t FEW = 4'096;

template <class P>
class Batch {
 public:
  Batch(Scope &scope, const ml_dsa::SecretKey<P> *key, uint64_t count)
      : scope_(scope), key_(key), count_(count), most_(count > FEW ? count : FEW), tasks_(new (std::nothrow) Task[most_]),
        left_(new (std::nothrow) Task[count]), done_(new (std::nothrow) uint8_t[most_]) {
    if (!tasks_ || !left_ || !done_) scope_.check(cudaErrorMemoryAllocation);
  }
  Batch(const Batch &) = delete;
  Batch &operator=(const Batch &) = delete;
  ~Batch() {
    // What is left on the device would tell the key.
    if (seeds_) (void)cudaMemset(seeds_, 0, count_ * sizeof *seeds_);
    delete[] tasks_;
    delete[] left_;
    delete[] done_;
  }

  void begin(const Flat &flat, const FlatMessage *messages, const uint8_t *rnds) {
    const uint8_t *bytes = scope_.copy_in(flat.bytes, flat.size), *hedges = scope_.copy_in(rnds, count_ * ml_dsa::RND_BYTES);
    const FlatMessage *places = scope_.copy_in(messages, count_);
    seeds_ = scope_.allocate<ml_dsa::SigningSeed>(count_);
    tasks_there_ = scope_.allocate<Task>(most_);
    done_there_ = scope_.allocate<uint8_t>(most_);
    signatures_ = scope_.allocate<uint8_t>(count_ * P::SIGNATURE_BYTES);
    if (scope_.ok()) scope_.check(cudaMemset(signatures_, 0, count_ * P::SIGNATURE_BYTES));
    scope_.run(begin_kernel<P>, count_, key_, bytes, places, hedges, count_, seeds_);
  }

  // Signs what `refusals` has as valid, and leaves there what cannot be signed.
  void sign(uint8_t *refusals, uint8_t *signatures) {
    if (!scope_.ok()) return;
    uint64_t left = 0;
    for (uint64_t i = 0; i < count_; i++)
      if (refusals[i] == QSDM_VALID) left_[left++] = {static_cast<uint32_t>(i), 0};
    while (left > 0 && scope_.ok()) left = left * MOST_TOGETHER > FEW ? next(left, refusals) : rest(left, refusals);
    scope_.copy_out(signatures, signatures_, count_ * P::SIGNATURE_BYTES);
  }

 private:
  // An attempt at each that is left; returns how many still are.
  uint64_t next(uint64_t left, uint8_t *refusals) {
    attempt(left_, left, signatures_);
    uint64_t kept = 0;
    for (uint64_t i = 0; i < left; i++)
      if (!done_[i]) kept = keep(kept, {left_[i].item, left_[i].attempt + 1}, refusals);
    return kept;
  }

  // Looks at several attempts of each, and makes the first of them that may be shown.
  uint64_t rest(uint64_t left, uint8_t *refusals) {
    for (uint64_t i = 0; i < left * MOST_TOGETHER; i++)
      tasks_[i] = {left_[i / MOST_TOGETHER].item, left_[i / MOST_TOGETHER].attempt + static_cast<uint32_t>(i % MOST_TOGETHER)};
    attempt(tasks_, left * MOST_TOGETHER, nullptr);
    uint64_t kept = 0, found = 0;
    for (uint64_t i = 0; i < left; i++) {
      uint32_t first = 0;
      while (first < MOST_TOGETHER && !done_[i * MOST_TOGETHER + first]) first++;
      const Task then = {left_[i].item, left_[i].attempt + first};
      if (first == MOST_TOGETHER || then.attempt >= ml_dsa::MOST_ATTEMPTS)
        kept = keep(kept, then, refusals);
      else
        tasks_[found++] = then;
    }
    attempt(tasks_, found, signatures_);
    return kept;
  }

  uint64_t keep(uint64_t kept, const Task &task, uint8_t *refusals) {
    if (task.attempt < ml_dsa::MOST_ATTEMPTS)
      left_[kept++] = task;
    else
      refusals[task.item] = QSDM_REFUSED_ATTEMPTS;
    return kept;
  }

  void attempt(const Task *tasks, uint64_t count, uint8_t *signatures) {
    if (scope_.ok() && count) scope_.check(cudaMemcpy(tasks_there_, tasks, count * sizeof *tasks, cudaMemcpyHostToDevice));
    scope_.run(attempt_kernel<P>, count, key_, static_cast<const ml_dsa::SigningSeed *>(seeds_),
               static_cast<const Task *>(tasks_there_), count, signatures, done_there_);
    scope_.copy_out(done_, done_there_, count);
  }

  Scope &scope_;
  const ml_dsa::SecretKey<P> *key_;
  const uint64_t count_, most_;
  // Those of a launch, and those that are left with their next attempts.
  Task *tasks_, *left_;
  uint8_t *done_;
  ml_dsa::SigningSeed *seeds_ = nullptr;
  Task *tasks_there_ = nullptr;
  uint8_t *done_there_ = nullptr, *signatures_ = nullptr;
};

template <class P>
int sign(const qsdm_cuda_signer &signer, const qsdm_message *messages, size_t count, const uint8_t *rnds,
         uint8_t *signatures, uint8_t *refusals) {
  uint64_t most = 0;
  for (size_t i = 0; i < count; i++) {
    refusals[i] = static_cast<uint8_t>(ml_dsa::check_message(messages[i]));
    if (refusals[i] == QSDM_VALID) most += messages[i].size + messages[i].context_size;
  }
  Flat flat;
  auto *places = new (std::nothrow) FlatMessage[count]();
  const bool fits = places && flat.reserve(most);
  // Those that are refused sign nothing in the place of their message, which is not shown.
  for (size_t i = 0; fits && i < count; i++)
    if (refusals[i] == QSDM_VALID) places[i] = flat.put_message(messages[i], true);
  Scope scope(signer.device);
  if (!fits) scope.check(cudaErrorMemoryAllocation);
  {
    Batch<P> batch(scope, static_cast<const ml_dsa::SecretKey<P> *>(signer.key), count);
    if (scope.ok()) batch.begin(flat, places, rnds);
    batch.sign(refusals, signatures);
  }
  delete[] places;
  return scope.status();
}

template <class P>
int create(int device, const uint8_t *secret_key, void **key) {
  const int right = 0;
  int wrong = 0;
  Scope lasting(device), scope(device);
  auto *made = lasting.allocate<ml_dsa::SecretKey<P>>(1);
  scope.check(static_cast<cudaError_t>(lasting.status()));
  uint8_t *bytes = scope.copy_in(secret_key, P::SECRET_KEY_BYTES);
  int *wrong_there = scope.copy_in(&right, 1);
  scope.run(load_kernel<P>, ml_dsa::SECRET_PARTS<P>, static_cast<const uint8_t *>(bytes), made, wrong_there);
  scope.copy_out(&wrong, wrong_there, 1);
  if (bytes) (void)cudaMemset(bytes, 0, P::SECRET_KEY_BYTES);
  if (!scope.ok() || wrong) {
    if (made) (void)cudaMemset(made, 0, sizeof *made);
    return scope.ok() ? QSDM_CUDA_NO_KEY : scope.status();
  }
  lasting.release();
  *key = made;
  return 0;
}

}  // namespace

extern "C" {

int qsdm_cuda_signer_create(int device, qsdm_ml_dsa level, const uint8_t *secret_key, qsdm_cuda_signer **signer) {
  auto *made = new (std::nothrow) qsdm_cuda_signer{device, level, nullptr};
  if (!made) return cudaErrorMemoryAllocation;
  const int status = level == QSDM_ML_DSA_44 ? create<ml_dsa::Params<44>>(device, secret_key, &made->key)
                                             : create<ml_dsa::Params<87>>(device, secret_key, &made->key);
  if (status == 0)
    *signer = made;
  else
    delete made;
  return status;
}

void qsdm_cuda_signer_destroy(qsdm_cuda_signer *signer) {
  if (!signer) return;
  (void)use_device(signer->device);
  const size_t size = signer->level == QSDM_ML_DSA_44 ? sizeof(ml_dsa::SecretKey<ml_dsa::Params<44>>)
                                                      : sizeof(ml_dsa::SecretKey<ml_dsa::Params<87>>);
  (void)cudaMemset(signer->key, 0, size);
  cudaFree(signer->key);
  delete signer;
}

int qsdm_cuda_ml_dsa_sign(const qsdm_cuda_signer *signer, const qsdm_message *messages, size_t count, const uint8_t *rnds,
                          uint8_t *signatures, uint8_t *refusals) {
  if (count == 0) return 0;
  return signer->level == QSDM_ML_DSA_44
             ? sign<ml_dsa::Params<44>>(*signer, messages, count, rnds, signatures, refusals)
             : sign<ml_dsa::Params<87>>(*signer, messages, count, rnds, signatures, refusals);
}

}  // extern "C"
