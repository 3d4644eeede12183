#include "pool.hpp"

#include <new>

namespace qsdm {

namespace {

// Only objects that this class made are taken for a pool.
constexpr napi_type_tag POOL_TAG = {0x7173646d2f706f6f, 0x6c2f763100000001};
constexpr uint64_t MOST_THREADS = 1'024, MOST_PIECES = 65'536, MOST_BYTES = uint64_t{1} << 40;

napi_value error_of(napi_env env, const char *code, const char *message) {
  napi_value code_text = nullptr, text = nullptr, error = nullptr;
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_text);
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_error(env, code_text, text, &error);
  return error;
}

}  // namespace

Pool::Pool(napi_env env, Workers::Limits limits) : env_(env), workers_(limits, told, this) {}

napi_value Pool::construct(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto threads = static_cast<uint32_t>(arguments.number(0, MOST_THREADS));
  const auto pieces = static_cast<uint32_t>(arguments.number(1, MOST_PIECES));
  const auto bytes = static_cast<size_t>(arguments.number(2, MOST_BYTES));
  arguments.check(threads > 0 && pieces > 0 && bytes > 0, "a pool has threads, and room");
  napi_value object = nullptr, target = nullptr;
  napi_get_new_target(env, info, &target);
  arguments.check(target != nullptr, "a pool is made with new");
  if (!arguments.ok() || napi_get_cb_info(env, info, nullptr, nullptr, &object, nullptr) != napi_ok) return nullptr;
  auto *pool = new (std::nothrow) Pool(env, {threads, pieces, bytes});
  if (pool && pool->start(object)) return object;
  napi_throw_error(env, "NATIVE_MEMORY", "no thread can be started");
  return nullptr;
}

// From here on the pool belongs to whoever was told of it; a failure leaves nothing behind.
bool Pool::start(napi_value object) {
  napi_value name = nullptr;
  napi_create_string_utf8(env_, "qsdm pool", NAPI_AUTO_LENGTH, &name);
  owners_ = 1;
  if (napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, this, disowned, this, deliver, &told_) !=
      napi_ok) {
    delete this;
    return false;
  }
  napi_unref_threadsafe_function(env_, told_);
  napi_add_env_cleanup_hook(env_, torn_down, this);
  if (workers_.start() == 0 || napi_type_tag_object(env_, object, &POOL_TAG) != napi_ok ||
      napi_wrap(env_, object, this, collected, nullptr, &self_) != napi_ok) {
    end();
    return false;
  }
  owners_++;
  return true;
}

Pool *Pool::of(napi_env env, napi_callback_info info) {
  napi_value object = nullptr;
  bool tagged = false;
  void *pool = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, &object, nullptr) == napi_ok &&
      napi_check_object_type_tag(env, object, &POOL_TAG, &tagged) == napi_ok && tagged &&
      napi_unwrap(env, object, &pool) == napi_ok)
    return static_cast<Pool *>(pool);
  napi_throw_type_error(env, "NATIVE_ARGUMENT", "this is no pool");
  return nullptr;
}

template <MakeJob Make>
napi_value Pool::submit(napi_env env, napi_callback_info info) {
  Pool *pool = of(env, info);
  if (!pool) return nullptr;
  Arguments arguments(env, info);
  const uint64_t ticket = arguments.number(0, uint64_t{1} << 53);
  if (pool->closing_ || pool->ended_) {
    napi_throw_error(env, "NATIVE_CLOSED", "the pool is closed");
    return nullptr;
  }
  Job *job = arguments.ok() ? Make(env, arguments, 1) : nullptr;
  return job ? pool->enqueue(job, ticket) : nullptr;
}

napi_value Pool::enqueue(Job *job, uint64_t ticket) {
  napi_value promise = nullptr;
  if (napi_create_promise(env_, &job->promise_, &promise) != napi_ok) {
    job->release(env_);
    delete job;
    return nullptr;
  }
  job->ticket_ = ticket;
  job->later_ = open_;
  open_ = job;
  // While a promise is open, the process lives and so does the object.
  if (!job->later_) {
    napi_reference_ref(env_, self_, nullptr);
    napi_ref_threadsafe_function(env_, told_);
  }
  if (!workers_.offer(job)) reject(job, "NATIVE_BUSY", "the queue is full");
  return promise;
}

napi_value Pool::cancel(napi_env env, napi_callback_info info) {
  Pool *pool = of(env, info);
  if (!pool) return nullptr;
  Arguments arguments(env, info);
  const uint64_t ticket = arguments.number(0, uint64_t{1} << 53);
  if (!arguments.ok()) return nullptr;
  Job *job = pool->open_;
  while (job && job->ticket_ != ticket) job = job->later_;
  napi_value found = nullptr;
  napi_get_boolean(env, job != nullptr, &found);
  // One that has left the queue is rejected once its thread lets go of it.
  if (job && pool->workers_.withdraw(job)) pool->reject(job, "NATIVE_CANCELLED", "cancelled");
  return found;
}

napi_value Pool::close(napi_env env, napi_callback_info info) {
  Pool *pool = of(env, info);
  if (!pool) return nullptr;
  if (pool->closing_ || pool->ended_) {
    napi_throw_error(env, "NATIVE_CLOSED", "the pool is closed");
    return nullptr;
  }
  napi_value promise = nullptr;
  if (napi_create_promise(env, &pool->closing_, &promise) != napi_ok) return nullptr;
  for (Job *job = pool->open_; job;) {
    Job *later = job->later_;
    if (pool->workers_.withdraw(job)) pool->reject(job, "NATIVE_CANCELLED", "the pool was closed");
    job = later;
  }
  pool->finish_closing();
  return promise;
}

void Pool::told(void *self) {
  napi_call_threadsafe_function(static_cast<Pool *>(self)->told_, nullptr, napi_tsfn_nonblocking);
}

void Pool::deliver(napi_env env, napi_value, void *self, void *) {
  // Without an environment everything was deleted when it went.
  if (!env) return;
  auto *pool = static_cast<Pool *>(self);
  while (Work *done = pool->workers_.take()) pool->settle(static_cast<Job *>(done));
  pool->finish_closing();
}

void Pool::settle(Job *job) {
  if (job->is_unwanted()) {
    reject(job, "NATIVE_CANCELLED", "cancelled");
    return;
  }
  if (const Refusal *why = job->refusal()) {
    reject(job, why->code, why->message);
    return;
  }
  const napi_value answer = job->answer(env_);
  if (!answer) {
    reject(job, "NATIVE_MEMORY", "no memory for this batch");
    return;
  }
  napi_resolve_deferred(env_, job->promise_, answer);
  forget(job);
}

void Pool::reject(Job *job, const char *code, const char *message) {
  napi_reject_deferred(env_, job->promise_, error_of(env_, code, message));
  forget(job);
}

void Pool::forget(Job *job) {
  Job **place = &open_;
  while (*place != job) place = &(*place)->later_;
  *place = job->later_;
  job->release(env_);
  delete job;
  if (open_) return;
  napi_unref_threadsafe_function(env_, told_);
  napi_reference_unref(env_, self_, nullptr);
}

void Pool::finish_closing() {
  if (!closing_ || open_ || ended_) return;
  end();
  napi_value nothing = nullptr;
  napi_get_undefined(env_, &nothing);
  napi_resolve_deferred(env_, closing_, nothing);
}

// No thread is left after it; the function that they called goes when JavaScript gets to it.
void Pool::end() {
  if (ended_) return;
  ended_ = true;
  workers_.end();
  napi_remove_env_cleanup_hook(env_, torn_down, this);
  napi_release_threadsafe_function(told_, napi_tsfn_abort);
}

void Pool::torn_down(void *self) {
  auto *pool = static_cast<Pool *>(self);
  pool->ended_ = true;
  pool->workers_.end();
  while (Job *job = pool->open_) {
    pool->open_ = job->later_;
    job->release(pool->env_);
    delete job;
  }
}

void Pool::collected(napi_env env, void *self, void *) {
  auto *pool = static_cast<Pool *>(self);
  napi_delete_reference(env, pool->self_);
  // Nobody waits: the object lives as long as a promise is open.
  pool->end();
  pool->disown();
}

void Pool::disowned(napi_env, void *self, void *) { static_cast<Pool *>(self)->disown(); }

void Pool::disown() {
  if (--owners_ == 0) delete this;
}

bool define_pool(napi_env env, napi_value exports) {
  const auto method = [](const char *name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_default_method, nullptr};
  };
  const napi_property_descriptor methods[] = {
      method("hash", Pool::submit<make_hash_job>),
      method("search", Pool::submit<make_search_job>),
      method("mlDsaVerify", Pool::submit<make_verify_job>),
      method("cudaVerify", Pool::submit<make_cuda_verify_job>),
      method("cancel", Pool::cancel),
      method("close", Pool::close),
  };
  napi_value constructor = nullptr;
  return napi_define_class(env, "Pool", NAPI_AUTO_LENGTH, Pool::construct, nullptr, sizeof methods / sizeof *methods,
                           methods, &constructor) == napi_ok &&
         napi_set_named_property(env, exports, "Pool", constructor) == napi_ok;
}

}  // namespace qsdm
