// Rates of each path beside the permutation rate of the same run, which is what they are bound by. Best of seven rounds,
// interleaved.
#include "bench.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "../include/qsdm_native.h"

namespace qsdm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int ROUNDS = 7;
// The table of a main network.
constexpr uint64_t ENTRIES = uint64_t{1} << 26;
constexpr size_t RUN = 2'000, WALKS = 2'048, MESSAGES = 4'096, THREAD_ATTEMPTS = 20'000;

std::vector<double> best_seconds(const std::vector<std::function<void()>> &jobs) {
  std::vector<double> best(jobs.size(), 1e9);
  for (int round = 0; round < ROUNDS; round++)
    for (size_t i = 0; i < jobs.size(); i++) {
      const auto start = Clock::now();
      jobs[i]();
      const double took = std::chrono::duration<double>(Clock::now() - start).count();
      if (took < best[i]) best[i] = took;
    }
  return best;
}

// Each of `count` threads tries THREAD_ATTEMPTS nonces of its own that are no solutions.
void search_on(int count, uint8_t round, uint32_t path, const qsdm_search &job) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; i++)
    threads.emplace_back([&job, path, round, i] {
      uint8_t start[QSDM_NONCE_BYTES] = {};
      start[QSDM_NONCE_BYTES - 1] = static_cast<uint8_t>(i);
      start[QSDM_NONCE_BYTES - 2] = round;
      qsdm_found found;
      qsdm_search_nonces(path, &job, start, THREAD_ATTEMPTS, &found);
    });
  for (std::thread &each : threads) each.join();
}

void bench_path(uint32_t path, const std::vector<uint8_t> &table) {
  const qsdm_path what = qsdm_path_at(path);
  const size_t lanes = what.lanes;
  std::vector<uint8_t> entries(lanes * RUN * 32), starts(WALKS * QSDM_START_BYTES), mixes(WALKS * 32);
  std::vector<qsdm_run> runs;
  for (size_t i = 0; i < lanes; i++) runs.push_back({table.data(), &entries[i * RUN * 32], RUN, 1});
  // Other nonces each time: the same ones would find their entries in the cache.
  uint32_t number = 0;
  const auto fresh = [&] {
    number++;
    for (size_t i = 0; i < starts.size(); i += QSDM_START_BYTES) {
      std::memcpy(&starts[i], &number, sizeof number);
      std::memcpy(&starts[i + 4], &i, sizeof i);
    }
    return starts.data();
  };
  std::vector<uint8_t> messages(MESSAGES * 64), digests(MESSAGES * 32);
  std::vector<uint32_t> ends;
  for (uint32_t i = 1; i <= MESSAGES; i++) ends.push_back(64 * i);
  const qsdm_dag whole = {table.data(), ENTRIES, 1}, light = {table.data(), ENTRIES, 256};
  const std::vector<uint8_t> zeros(32);
  const qsdm_search job = {zeros.data(), zeros.data(), zeros.data(), whole, QSDM_MIX_PLAIN, nullptr, 0};
  const auto took = best_seconds({
      [&] { qsdm_extend(path, runs.data(), lanes); },
      [&] { qsdm_extend(path, runs.data(), 1); },
      [&] { qsdm_hash(path, QSDM_SHA3_256, messages.data(), ends.data(), MESSAGES, digests.data(), 32); },
      [&] { qsdm_walk(path, &whole, QSDM_MIX_PLAIN, fresh(), WALKS, mixes.data()); },
      [&] { qsdm_walk(path, &whole, QSDM_MIX_TENSOR, fresh(), WALKS, mixes.data()); },
      [&] { qsdm_walk(path, &light, QSDM_MIX_PLAIN, starts.data(), 1, mixes.data()); },
      [&] { qsdm_walk(path, &light, QSDM_MIX_PLAIN, starts.data(), 8, mixes.data()); },
      [&] { search_on(1, static_cast<uint8_t>(++number), path, job); },
      [&] { search_on(2, static_cast<uint8_t>(++number), path, job); },
  });
  const double permutations = static_cast<double>(lanes * RUN) / took[0];
  const double plain = WALKS / took[3], tensor = WALKS / took[4];
  std::printf("%s, %u at a time: %.2f M permutations/s, one alone %.0f ns\n", what.name, what.lanes, permutations / 1e6,
              took[1] / RUN * 1e9);
  std::printf("  P5 SHA3-256 of 64 bytes: %.2f M/s, %.2f of the permutations\n", MESSAGES / took[2] / 1e6,
              MESSAGES / took[2] / permutations);
  std::printf("  P7 walks: %.1f k/s, %.2f of the bound of 66 permutations; two threads %.2fx\n", plain / 1e3,
              plain * 66 / permutations, 2 * took[7] / took[8]);
  std::printf("     tensor walks: %.1f k/s, %.2f of the bound of 322 permutations\n", tensor / 1e3,
              tensor * 322 / permutations);
  std::printf("  P8 cold build of 2^26 entries: %.1f s\n", took[1] / RUN * static_cast<double>(ENTRIES));
  std::printf("  P10 one proof from 8 MiB: %.2f ms, of eight %.2f ms each\n", took[5] * 1e3, took[6] / 8 * 1e3);
}

}  // namespace

void run_bench() {
  std::vector<uint8_t> table;
  table.reserve(ENTRIES * 32);
  if (!qsdm_prefer_large_pages(table.data(), table.capacity())) std::printf("no large pages here\n");
  table.resize(ENTRIES * 32);
  uint64_t state = 1;
  for (size_t i = 0; i < table.size(); i += 8) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    for (size_t byte = 0; byte < 8; byte++) table[i + byte] = static_cast<uint8_t>(state >> 8 * byte);
  }
  for (uint32_t path = 0; path < qsdm_path_count(); path++) {
    if (const qsdm_path what = qsdm_path_at(path); what.missing)
      std::printf("%s: %s\n", what.name, what.missing);
    else
      bench_path(path, table);
  }
}

}  // namespace qsdm
