// hash(ticket, path, sponge, messages, ends, digest bytes): the digests, one after the other.
#include <cstring>
#include <new>

#include "forms.hpp"
#include "job.hpp"

namespace qsdm {

namespace {

// Messages between two looks at whether the result is still wanted.
constexpr size_t TOGETHER = 1'024;
constexpr uint64_t MOST_DIGEST_BYTES = 65'536;

class HashJob final : public Job {
 public:
  ~HashJob() override {
    delete[] messages_;
    delete[] ends_;
    delete[] digests_;
  }

  bool take(uint32_t path, const Messages &what, size_t digest_bytes) {
    path_ = path;
    sponge_ = what.sponge;
    count_ = what.count;
    digest_bytes_ = digest_bytes;
    bytes_ = what.count == 0 ? 0 : what.ends[what.count - 1];
    messages_ = new (std::nothrow) uint8_t[bytes_];
    ends_ = new (std::nothrow) uint32_t[count_];
    digests_ = new (std::nothrow) uint8_t[count_ * digest_bytes];
    if (!messages_ || !ends_ || !digests_) return false;
    if (count_ == 0) return true;
    memcpy(messages_, what.bytes.data, bytes_);
    memcpy(ends_, what.ends, count_ * sizeof *ends_);
    return true;
  }

  size_t size() const override { return sizeof *this + bytes_ + count_ * (sizeof *ends_ + digest_bytes_); }

  void run() override {
    for (size_t at = 0; at < count_ && !is_unwanted(); at += TOGETHER) {
      const size_t many = count_ - at < TOGETHER ? count_ - at : TOGETHER;
      const uint32_t start = at == 0 ? 0 : ends_[at - 1];
      uint32_t ends[TOGETHER];
      for (size_t i = 0; i < many; i++) ends[i] = ends_[at + i] - start;
      if (qsdm_hash(path_, sponge_, messages_ + start, ends, many, digests_ + at * digest_bytes_, digest_bytes_) != 0) {
        failed_ = true;
        return;
      }
    }
  }

  napi_value answer(napi_env env) override {
    napi_value buffer = nullptr, result = nullptr;
    void *data = nullptr;
    const size_t size = count_ * digest_bytes_;
    if (failed_ || napi_create_arraybuffer(env, size, &data, &buffer) != napi_ok) return nullptr;
    if (size > 0) memcpy(data, digests_, size);
    napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &result);
    return result;
  }

 private:
  uint32_t path_ = 0;
  qsdm_sponge sponge_{};
  uint8_t *messages_ = nullptr;
  uint32_t *ends_ = nullptr;
  uint8_t *digests_ = nullptr;
  size_t bytes_ = 0, count_ = 0, digest_bytes_ = 0;
  bool failed_ = false;
};

}  // namespace

Job *make_hash_job(napi_env env, Arguments &arguments, size_t at) {
  const uint32_t path = path_of(arguments, at);
  const Messages messages = messages_of(arguments, at + 1);
  const auto digest_bytes = static_cast<size_t>(arguments.number(at + 4, MOST_DIGEST_BYTES));
  check_digest(arguments, messages.sponge, digest_bytes);
  if (!arguments.ok()) return nullptr;
  auto *job = new (std::nothrow) HashJob;
  if (job && job->take(path, messages, digest_bytes)) return job;
  delete job;
  napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch");
  return nullptr;
}

}  // namespace qsdm
