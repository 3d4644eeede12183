// search(ticket, path, table, entries, 1, mix, header hash and batch root, limit, start, counter): the nonce and the mix
// digest, once there is a solution. The table is mapped or, like the counter, shared memory, which JavaScript cannot take
// away; the counter is added to as nonces are tried.
#include <cstring>
#include <new>

#include "forms.hpp"
#include "job.hpp"

namespace qsdm {

namespace {

// Attempts between two additions to the counter, for each lane.
constexpr uint64_t SLICE = 32;

class SearchJob final : public Job {
 public:
  uint32_t path = 0;
  qsdm_dag table{};
  // Kept for as long as the job is there; NULL for a table in memory.
  qsdm_mapping *mapping = nullptr;
  qsdm_mix mix{};
  uint8_t fixed[64], limit[32], start[QSDM_NONCE_BYTES];
  int64_t *counter = nullptr;
  napi_ref kept[2] = {};

  size_t size() const override { return sizeof *this; }

  void run() override {
    const qsdm_search what = {fixed, fixed + 32, limit, table, mix, unwanted(), 0};
    const uint64_t slice = SLICE * qsdm_path_at(path).lanes;
    while (!found_.found && !is_unwanted() && !changed_) {
      qsdm_search_nonces(path, &what, start, slice, &found_);
      changed_ = mapping && !qsdm_mapping_holds(mapping);
      __atomic_fetch_add(counter, static_cast<int64_t>(found_.attempts), __ATOMIC_RELAXED);
      advance(found_.attempts);
    }
  }

  const Refusal *refusal() const override { return changed_ ? &TABLE_CHANGED : nullptr; }

  napi_value answer(napi_env env) override {
    napi_value buffer = nullptr, result = nullptr;
    void *data = nullptr;
    if (napi_create_arraybuffer(env, QSDM_NONCE_BYTES + QSDM_ENTRY_BYTES, &data, &buffer) != napi_ok) return nullptr;
    memcpy(data, found_.nonce, QSDM_NONCE_BYTES);
    memcpy(static_cast<uint8_t *>(data) + QSDM_NONCE_BYTES, found_.mix, QSDM_ENTRY_BYTES);
    napi_create_typedarray(env, napi_uint8_array, QSDM_NONCE_BYTES + QSDM_ENTRY_BYTES, buffer, 0, &result);
    return result;
  }

  void release(napi_env env) override {
    for (const napi_ref each : kept)
      if (each) napi_delete_reference(env, each);
    if (mapping) qsdm_mapping_release(mapping);
  }

 private:
  // A 128-bit little-endian integer that wraps.
  void advance(uint64_t by) {
    uint64_t words[2];
    memcpy(words, start, sizeof words);
    words[0] += by;
    if (words[0] < by) words[1]++;
    memcpy(start, words, sizeof words);
  }

  qsdm_found found_{};
  bool changed_ = false;
};

}  // namespace

Job *make_search_job(napi_env env, Arguments &arguments, size_t at) {
  const uint32_t path = path_of(arguments, at);
  const auto [table, mapped] = dag_of(arguments, at + 1);
  const qsdm_mix mix = mix_of(arguments, at + 4);
  const uint8_t *fixed = arguments.bytes(at + 5, 64);
  const uint8_t *limit = arguments.bytes(at + 6, 32);
  const uint8_t *start = arguments.bytes(at + 7, QSDM_NONCE_BYTES);
  int64_t *counter = arguments.counter(at + 8);
  arguments.check(table.interval == 1, "a search takes a whole table");
  arguments.check(mapped || arguments.is_shared(at + 1), "a table is mapped, or in shared memory");
  if (!arguments.ok()) return nullptr;
  auto *job = new (std::nothrow) SearchJob;
  if (!job) {
    napi_throw_error(env, "NATIVE_MEMORY", "no memory for this job");
    return nullptr;
  }
  job->path = path;
  job->table = table;
  job->mapping = mapped ? mapped->keep() : nullptr;
  job->mix = mix;
  job->counter = counter;
  memcpy(job->fixed, fixed, sizeof job->fixed);
  memcpy(job->limit, limit, sizeof job->limit);
  memcpy(job->start, start, sizeof job->start);
  job->kept[0] = arguments.keep(at + 1);
  job->kept[1] = arguments.keep(at + 8);
  if (job->kept[0] && job->kept[1]) return job;
  job->release(env);
  delete job;
  return nullptr;
}

}  // namespace qsdm
