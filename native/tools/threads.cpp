// Threads and their queue, where a sanitizer watches: many small pieces on several threads, withdrawn and taken back
// while others run, and a search that another thread ends.
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "../cpu/workers.hpp"
#include "../include/qsdm_native.h"
#include "check.hpp"

namespace qsdm {
namespace {

constexpr uint32_t THREADS = 4, PIECES = 16;

// Hashes a message, and says how often it was run.
class Hashing final : public Work {
 public:
  explicit Hashing(uint8_t fill) { memset(message_, fill, sizeof message_); }
  size_t size() const override { return sizeof *this; }
  void run() override {
    const uint32_t end = sizeof message_;
    qsdm_hash(0, QSDM_SHA3_256, message_, &end, 1, digest, sizeof digest);
    runs++;
  }

  int runs = 0;
  bool withdrawn = false;
  uint8_t digest[32] = {};

 private:
  uint8_t message_[100];
};

// Whether everything that was offered was run once, or withdrawn before it was.
bool queue_keeps_its_work(std::mt19937_64 &random) {
  int told = 0;
  Workers workers({THREADS, PIECES, PIECES * sizeof(Hashing)}, [](void *count) { ++*static_cast<int *>(count); }, &told);
  if (workers.start() == 0) return false;
  std::vector<std::unique_ptr<Hashing>> all;
  size_t taken = 0, withdrawn = 0, refused = 0;
  bool right = true;
  const auto take = [&] {
    while (Work *done = workers.take()) {
      right = right && static_cast<Hashing *>(done)->runs == 1;
      taken++;
    }
  };
  while (all.size() < 300) {
    auto piece = std::make_unique<Hashing>(static_cast<uint8_t>(all.size()));
    if (!workers.offer(piece.get())) {
      refused++;
      std::this_thread::yield();
      take();
      continue;
    }
    all.push_back(std::move(piece));
    Hashing &one = *all[random() % all.size()];
    if (random() % 4 == 0 && !one.withdrawn && workers.withdraw(&one)) {
      one.withdrawn = true;
      withdrawn++;
    }
  }
  while (taken + withdrawn < all.size()) take();
  workers.end();
  for (const auto &each : all) right = right && each->runs == (each->withdrawn ? 0 : 1);
  // Work that is left when the threads end stays as it is.
  Hashing late(0);
  return right && told > 0 && !workers.offer(&late) && late.runs == 0;
}

// A search for what is not there, on a thread of its own, until this one changes the board.
bool board_ends_a_search(uint32_t path, qsdm_mix mix) {
  std::vector<uint8_t> table(64 * QSDM_ENTRY_BYTES, 7);
  const uint8_t zeros[32] = {};
  const qsdm_dag dag = {table.data(), 64, 1};
  int32_t board = 5;
  const qsdm_search job = {zeros, zeros, zeros, dag, mix, &board, 5};
  qsdm_found found{};
  int32_t running = 0;
  std::thread searching([&] {
    __atomic_store_n(&running, 1, __ATOMIC_RELEASE);
    qsdm_search_nonces(path, &job, zeros, UINT64_MAX, &found);
  });
  while (!__atomic_load_n(&running, __ATOMIC_ACQUIRE)) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  __atomic_store_n(&board, 6, __ATOMIC_RELAXED);
  searching.join();
  const bool tried = found.attempts > 0;
  // One that nobody wants from the start tries nothing.
  qsdm_search_nonces(path, &job, zeros, 1'000, &found);
  return tried && !found.found && found.attempts == 0;
}

}  // namespace

Tally check_threads(size_t rounds, uint64_t seed) {
  std::mt19937_64 random(seed);
  Tally total;
  const auto count = [&](bool right, const char *what) {
    (right ? total.passed : total.failed)++;
    if (!right) std::printf("FAIL threads: %s\n", what);
  };
  for (size_t round = 0; round < rounds; round++) count(queue_keeps_its_work(random), "the queue loses work");
  for (uint32_t path = 0; path < qsdm_path_count(); path++)
    for (const qsdm_mix mix : {QSDM_MIX_PLAIN, QSDM_MIX_TENSOR})
      if (!qsdm_path_at(path).missing) count(board_ends_a_search(path, mix), "the board does not end a search");
  std::printf("threads, seed %llu: %zu passed, %zu failed\n", static_cast<unsigned long long>(seed), total.passed,
              total.failed);
  return total;
}

}  // namespace qsdm
