// What JavaScript waits for: work for the pool's threads, with an answer. The pool is all that knows promises.
#pragma once

#include <node_api.h>

#include "../cpu/workers.hpp"

namespace qsdm {

struct Refusal {
  const char *code;
  const char *message;
};

// Input is copied when the job is made, since JavaScript may change, move or lose its arrays meanwhile. Shared memory,
// which it cannot lose, may be kept instead.
class Job : public Work {
 public:
  // On JavaScript's thread, after run(): why there is no answer; null when there is one.
  virtual const Refusal *refusal() const { return nullptr; }
  // On JavaScript's thread, after run(): what the promise is resolved with; null when there was no memory for it.
  virtual napi_value answer(napi_env env) = 0;
  // On JavaScript's thread, before it is deleted, whether it ran or not: lets go of what it kept.
  virtual void release(napi_env) {}

 private:
  friend class Pool;
  Job *later_ = nullptr;
  napi_deferred promise_ = nullptr;
  uint64_t ticket_ = 0;
};

// Makes a job of the arguments from `at` on, or gives null after having thrown.
class Arguments;
using MakeJob = Job *(*)(napi_env env, Arguments &arguments, size_t at);

Job *make_hash_job(napi_env env, Arguments &arguments, size_t at);
Job *make_search_job(napi_env env, Arguments &arguments, size_t at);
Job *make_verify_job(napi_env env, Arguments &arguments, size_t at);
Job *make_cuda_verify_job(napi_env env, Arguments &arguments, size_t at);

// Sets the addon's class `Pool`. False when JavaScript would not have it.
bool define_pool(napi_env env, napi_value exports);

}  // namespace qsdm
