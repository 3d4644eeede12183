#include "workers.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <initializer_list>
#include <new>

namespace qsdm {

namespace {

#if defined(__linux__)
constexpr int NICENESS = 5;
#endif

class Locked {
 public:
  explicit Locked(pthread_mutex_t &lock) : lock_(lock) { pthread_mutex_lock(&lock_); }
  Locked(const Locked &) = delete;
  Locked &operator=(const Locked &) = delete;
  ~Locked() { pthread_mutex_unlock(&lock_); }

 private:
  pthread_mutex_t &lock_;
};

}  // namespace

void WorkList::push(Work *work) {
  work->next_ = nullptr;
  (first ? last->next_ : first) = work;
  last = work;
}

Work *WorkList::pop() {
  Work *work = first;
  if (work) first = work->next_;
  return work;
}

bool WorkList::remove(const Work *work) {
  Work *before = nullptr;
  for (Work *each = first; each; before = each, each = each->next_)
    if (each == work) {
      (before ? before->next_ : first) = each->next_;
      if (last == each) last = before;
      return true;
    }
  return false;
}

Workers::Workers(Limits limits, void (*told)(void *), void *context)
    : limits_(limits), told_(told), context_(context) {}

uint32_t Workers::start() {
  threads_ = new (std::nothrow) pthread_t[limits_.threads];
  running_ = new (std::nothrow) Work *[limits_.threads]();
  if (!threads_ || !running_) return 0;
  // Signals to the process are for its other threads; faults stay where they happen.
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (started_ < limits_.threads && pthread_create(&threads_[started_], nullptr, enter, this) == 0) started_++;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started_;
}

bool Workers::offer(Work *work) {
  const Locked locked(lock_);
  const size_t size = work->size();
  if (ending_ || pieces_ >= limits_.pieces || size > limits_.bytes - bytes_) return false;
  pieces_++;
  bytes_ += size;
  waiting_.push(work);
  pthread_cond_signal(&offered_);
  return true;
}

bool Workers::withdraw(Work *work) {
  const Locked locked(lock_);
  if (waiting_.remove(work)) {
    pieces_--;
    bytes_ -= work->size();
    return true;
  }
  __atomic_store_n(&work->unwanted_, 1, __ATOMIC_RELAXED);
  return false;
}

Work *Workers::take() {
  const Locked locked(lock_);
  return done_.pop();
}

void Workers::end() {
  pthread_mutex_lock(&lock_);
  ending_ = true;
  for (uint32_t i = 0; i < started_; i++)
    if (running_[i]) __atomic_store_n(&running_[i]->unwanted_, 1, __ATOMIC_RELAXED);
  pthread_cond_broadcast(&offered_);
  pthread_mutex_unlock(&lock_);
  for (uint32_t i = 0; i < started_; i++) pthread_join(threads_[i], nullptr);
  started_ = 0;
  delete[] threads_;
  delete[] running_;
  threads_ = nullptr;
  running_ = nullptr;
}

void *Workers::enter(void *self) {
#if defined(__linux__)
  // Of this thread alone, as Linux has it: the main loop, which is woken for a moment at a time, goes first.
  setpriority(PRIO_PROCESS, 0, NICENESS);
#endif
  static_cast<Workers *>(self)->serve();
  return nullptr;
}

void Workers::serve() {
  pthread_mutex_lock(&lock_);
  const uint32_t mine = entered_++;
  for (;;) {
    while (!waiting_.first && !ending_) pthread_cond_wait(&offered_, &lock_);
    if (ending_) break;
    Work *work = waiting_.pop();
    pieces_--;
    bytes_ -= work->size();
    running_[mine] = work;
    pthread_mutex_unlock(&lock_);
    work->run();
    pthread_mutex_lock(&lock_);
    running_[mine] = nullptr;
    const bool first = !done_.first;
    done_.push(work);
    // Under the lock, so that end() returns after the last call.
    if (first) told_(context_);
  }
  pthread_mutex_unlock(&lock_);
}

}  // namespace qsdm
