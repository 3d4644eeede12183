// mlDsaVerify(ticket, path, level, form, public keys[], messages[], contexts[], signatures[]): a qsdm_refusal for each; and
// cudaVerify(ticket, verifier, form, ...), the same on a device.
#include <cstring>
#include <new>

#include "cuda_verifier.hpp"
#include "job.hpp"
#include "signatures.hpp"

namespace qsdm {

namespace {

// Signatures between two looks at whether the result is still wanted: whole groups of lanes, under a millisecond.
constexpr size_t TOGETHER = 32;

class VerifyJob final : public Job {
 public:
  ~VerifyJob() override {
    delete[] bytes_;
    if (device_) device_->release();
  }

  // From now on a device's job.
  void use(CudaVerifier *device) {
    device->keep();
    device_ = device;
  }

  // Takes a copy of every byte. False without memory.
  bool own() {
    for (size_t i = 0; i < batch.count; i++) {
      const qsdm_signed &item = batch.items[i];
      size_ += item.public_key_size + item.signature_size + item.message.size + item.message.context_size;
    }
    bytes_ = new (std::nothrow) uint8_t[size_];
    if (!bytes_) return false;
    uint8_t *at = bytes_;
    const auto moved = [&at](const uint8_t *from, size_t size) {
      std::memcpy(at, from, size);
      at += size;
      return at - size;
    };
    for (size_t i = 0; i < batch.count; i++) {
      qsdm_signed &item = batch.items[i];
      item.public_key = moved(item.public_key, item.public_key_size);
      item.signature = moved(item.signature, item.signature_size);
      item.message.bytes = moved(item.message.bytes, item.message.size);
      item.message.context = moved(item.message.context, item.message.context_size);
    }
    return true;
  }

  size_t size() const override { return sizeof *this + size_ + batch.count * (sizeof *batch.items + 1); }

  void run() override {
    if (device_) {
      const int status = is_unwanted() ? 0 : device_->verify(batch.items, batch.count, batch.verdicts, nullptr);
      if (status != 0) refusal_ = {"CUDA_FAILED", device_->text_of(status)};
      return;
    }
    for (size_t at = 0; at < batch.count && !is_unwanted() && !failed_; at += TOGETHER)
      failed_ = !batch.verify(at, batch.count - at < TOGETHER ? batch.count - at : TOGETHER);
  }

  const Refusal *refusal() const override { return refusal_.code ? &refusal_ : nullptr; }
  napi_value answer(napi_env env) override { return failed_ ? nullptr : batch.answer(env); }

  SignatureBatch batch;

 private:
  CudaVerifier *device_ = nullptr;
  uint8_t *bytes_ = nullptr;
  size_t size_ = 0;
  Refusal refusal_{};
  bool failed_ = false;
};

// The job with a copy of all its bytes, or null after having thrown.
Job *ready(napi_env env, VerifyJob *job) {
  if (job && job->own()) return job;
  delete job;
  napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
  return nullptr;
}

}  // namespace

Job *make_verify_job(napi_env env, Arguments &arguments, size_t at) {
  auto *job = new (std::nothrow) VerifyJob;
  if (job && !job->batch.read(env, arguments, at)) {
    delete job;
    return nullptr;
  }
  return ready(env, job);
}

Job *make_cuda_verify_job(napi_env env, Arguments &arguments, size_t at) {
  CudaVerifier *device = verifier_of(env, arguments, at);
  auto *job = device ? new (std::nothrow) VerifyJob : nullptr;
  if (!device || (job && !job->batch.read_signed(env, arguments, device->level, at + 1))) {
    delete job;
    return nullptr;
  }
  if (job) job->use(device);
  return ready(env, job);
}

}  // namespace qsdm
