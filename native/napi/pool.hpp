// The class `Pool`: own threads behind promises. A pool that has nothing to do keeps no process alive.
#pragma once

#include "job.hpp"
#include "values.hpp"

namespace qsdm {

class Pool {
 public:
  // new Pool(threads, pieces, bytes)
  static napi_value construct(napi_env env, napi_callback_info info);
  // A method of the class for each kind of job: method(ticket, ...), a promise.
  template <MakeJob Make>
  static napi_value submit(napi_env env, napi_callback_info info);
  // cancel(ticket): whether it was still under way; its promise is rejected with NATIVE_CANCELLED.
  static napi_value cancel(napi_env env, napi_callback_info info);
  // close(): a promise for the moment at which no thread is left. Jobs under way are cancelled.
  static napi_value close(napi_env env, napi_callback_info info);

 private:
  Pool(napi_env env, Workers::Limits limits);
  // The pool of `this`, or null after having thrown.
  static Pool *of(napi_env env, napi_callback_info info);
  static void told(void *self);
  static void deliver(napi_env env, napi_value, void *self, void *);
  static void torn_down(void *self);
  static void collected(napi_env env, void *self, void *);
  static void disowned(napi_env env, void *self, void *);

  bool start(napi_value object);
  napi_value enqueue(Job *job, uint64_t ticket);
  void settle(Job *job);
  void reject(Job *job, const char *code, const char *message);
  void forget(Job *job);
  void end();
  void finish_closing();
  void disown();

  const napi_env env_;
  Workers workers_;
  napi_threadsafe_function told_ = nullptr;
  napi_ref self_ = nullptr;
  // Every job whose promise is open.
  Job *open_ = nullptr;
  napi_deferred closing_ = nullptr;
  bool ended_ = false;
  // Its JavaScript object, and the function that its threads call.
  int owners_ = 0;
};

}  // namespace qsdm
