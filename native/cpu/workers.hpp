// Threads of this program's own, and the bounded queue that they take their work from. Not libuv's: its four threads
// serve the disk and the resolver too, and a batch of signatures would keep them from it.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>

namespace qsdm {

// A piece of work. Whoever makes it keeps it until it has been taken back.
class Work {
 public:
  virtual ~Work() = default;
  // On one of the threads, once.
  virtual void run() = 0;
  // What it holds in memory, in bytes.
  virtual size_t size() const = 0;

  // Turns from 0 to 1 once nobody wants the result; work that takes longer than a millisecond looks at it now and then.
  const int32_t *unwanted() const { return &unwanted_; }
  bool is_unwanted() const { return __atomic_load_n(&unwanted_, __ATOMIC_RELAXED) != 0; }

 private:
  friend class Workers;
  friend struct WorkList;
  Work *next_ = nullptr;
  int32_t unwanted_ = 0;
};

// First in, first out.
struct WorkList {
  Work *first = nullptr;
  Work *last = nullptr;

  void push(Work *work);
  Work *pop();
  // Whether it was there.
  bool remove(const Work *work);
};

class Workers {
 public:
  struct Limits {
    uint32_t threads;
    // Work that waits, in pieces and in bytes; what runs does not count.
    uint32_t pieces;
    size_t bytes;
  };
  // `told(context)` is called on a thread when there is something to take where there was nothing.
  Workers(Limits limits, void (*told)(void *), void *context);
  Workers(const Workers &) = delete;
  Workers &operator=(const Workers &) = delete;
  // Ends the threads; what has not been taken back is its owner's again.
  ~Workers() { end(); }

  // Starts as many threads as it can, and gives how many.
  uint32_t start();
  // False when the queue is full.
  bool offer(Work *work);
  // Takes work out of the queue: true, and its owner's again. Work that runs or has run is marked as unwanted: false.
  bool withdraw(Work *work);
  // A piece that is done, or null.
  Work *take();
  // Waits for what runs to end; nothing is run any more. May be called twice.
  void end();

 private:
  static void *enter(void *self);
  void serve();

  const Limits limits_;
  void (*const told_)(void *);
  void *const context_;
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t offered_ = PTHREAD_COND_INITIALIZER;
  WorkList waiting_, done_;
  uint32_t pieces_ = 0;
  size_t bytes_ = 0;
  bool ending_ = false;
  pthread_t *threads_ = nullptr;
  Work **running_ = nullptr;
  uint32_t started_ = 0;
  uint32_t entered_ = 0;
};

}  // namespace qsdm
