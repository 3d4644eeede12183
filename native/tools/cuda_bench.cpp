// The goals of a GPU, G1 to G8, beside what a device reaches. Best of five rounds. Kernels are timed on the device, and
// what has copies in it by the clock.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "../include/qsdm_cuda.h"
#include "bench.hpp"
#include "engine.hpp"

namespace qsdm {
namespace {

constexpr int ROUNDS = 5;
constexpr uint64_t ENTRIES = uint64_t{1} << 26, INTERVAL = 256;
constexpr uint64_t KEPT_KEYS = 1'000;
constexpr uint64_t SIGNATURES = 32'768, MESSAGES = uint64_t{1} << 22;
constexpr uint64_t PLAIN_ATTEMPTS = uint64_t{1} << 26, TENSOR_ATTEMPTS = uint64_t{1} << 23;

void check(int status) {
  if (status != 0) throw std::runtime_error(std::string("cuda: ") + qsdm_cuda_status_text(status));
}

struct Took {
  double kernels, all;
};

Took best_of(const std::function<void()> &job) {
  Took best = {1e9, 1e9};
  for (int round = 0; round < ROUNDS; round++) {
    double kernels = 0;
    qsdm_cuda_time_kernels(&kernels);
    const auto start = std::chrono::steady_clock::now();
    job();
    const double all = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    qsdm_cuda_time_kernels(nullptr);
    best = {std::min(best.kernels, kernels), std::min(best.all, all)};
  }
  return best;
}

void row(const char *goal, const char *what, double rate, double wanted, const char *unit) {
  std::printf("  %-3s %-52s %10.2f %-5s goal %8.2f  %s\n", goal, what, rate, unit, wanted, rate >= wanted ? "met" : "MISSED");
}

void bench_signing(int device, uint64_t count) {
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(QSDM_ML_DSA_87);
  Data public_key(sizes.public_key), secret(sizes.secret_key), rnds(QSDM_RND_BYTES * count);
  const Data seed(QSDM_SEED_BYTES, 1);
  qsdm_ml_dsa_keygen(0, QSDM_ML_DSA_87, seed.data(), public_key.data(), secret.data());
  for (uint64_t i = 0; i < rnds.size(); i += 8) std::memcpy(&rnds[i], &i, sizeof i);
  static const uint8_t text[32] = {};
  const std::vector<qsdm_message> messages(count, {QSDM_FORM_PURE, text, sizeof text, text, 0});
  Data signatures(sizes.signature * count), refusals(count);
  qsdm_cuda_signer *signer = nullptr;
  check(qsdm_cuda_signer_create(device, QSDM_ML_DSA_87, secret.data(), &signer));
  const Took took = best_of([&] {
    check(qsdm_cuda_ml_dsa_sign(signer, messages.data(), count, rnds.data(), signatures.data(), refusals.data()));
  });
  qsdm_cuda_signer_destroy(signer);
  row("G4", "ML-DSA-87 sign, loaded key", static_cast<double>(count) / took.kernels / 1e6, 2, "M/s");
}

// Signatures that take all the work and then are not valid: small z, no hints, another challenge.
bool bench_signatures(int device, uint64_t count) {
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(QSDM_ML_DSA_87);
  std::mt19937_64 random(1);
  Data bytes(count * (sizes.public_key + sizes.signature));
  std::vector<qsdm_signed> batch;
  static const uint8_t message[32] = {};
  for (uint64_t i = 0; i < count; i++) {
    uint8_t *key = &bytes[i * (sizes.public_key + sizes.signature)], *signature = key + sizes.public_key;
    for (size_t at = 0; at < sizes.public_key; at++) key[at] = static_cast<uint8_t>(random());
    // 64 bytes of challenge; coefficients of z of 20 bits, all gamma1, which stands for 0.
    for (size_t at = 0; at < 64; at++) signature[at] = static_cast<uint8_t>(random());
    for (size_t at = 64; at < 64 + 7 * 640; at += 5) {
      signature[at + 2] = 0x08;
      signature[at + 4] = 0x80;
    }
    batch.push_back({key, sizes.public_key, signature, sizes.signature, {QSDM_FORM_PURE, message, sizeof message, message, 0}});
  }
  Data verdicts(count);
  const auto verify = [&](qsdm_cuda_keys *keys) {
    check(qsdm_cuda_ml_dsa_verify(device, QSDM_ML_DSA_87, keys, batch.data(), count, verdicts.data(), nullptr));
  };
  const Took took = best_of([&] { verify(nullptr); });
  const double millions = static_cast<double>(count) / 1e6;
  row("G1", "ML-DSA-87 verify, unknown keys", millions / took.kernels, 5, "M/s");
  // A thousand keys among all; seen twice, they are kept.
  for (uint64_t i = KEPT_KEYS; i < count; i++) batch[i].public_key = batch[i % KEPT_KEYS].public_key;
  qsdm_cuda_keys *keys = nullptr;
  check(qsdm_cuda_keys_create(device, QSDM_ML_DSA_87, 8 * KEPT_KEYS, &keys));
  for (int seen = 0; seen < 2; seen++) verify(keys);
  row("G2", "ML-DSA-87 verify, cached keys", millions / best_of([&] { verify(keys); }).kernels, 20, "M/s");
  qsdm_cuda_keys_destroy(keys);
  row("G3", "ML-DSA-87 verify from host memory, copies included", millions / took.all, 2.5, "M/s");
  bench_signing(device, count);
  for (const uint8_t verdict : verdicts)
    if (verdict != QSDM_REFUSED_CHALLENGE) return false;
  return true;
}

void bench_hashes(int device, uint64_t count) {
  Data messages(64 * count), digests(32 * count);
  std::vector<uint32_t> ends;
  for (uint32_t i = 1; i <= count; i++) ends.push_back(64 * i);
  const Took took =
      best_of([&] { check(qsdm_cuda_sha3(device, messages.data(), ends.data(), count, digests.data())); });
  row("G5", "SHA3-256 of 64 bytes", static_cast<double>(count) / took.kernels / 1e9, 3.6, "G/s");
}

// The chain on the CPU, a checkpoint after the other: some 25 s.
Data checkpoints(uint64_t entries) {
  Data marks(entries / INTERVAL * 32), segment(INTERVAL * 32);
  for (uint64_t at = 0; at + INTERVAL < entries; at += INTERVAL) {
    const qsdm_run run = {&marks[at / INTERVAL * 32], segment.data(), INTERVAL, static_cast<uint32_t>(at + 1)};
    qsdm_extend(0, &run, 1);
    std::memcpy(&marks[(at / INTERVAL + 1) * 32], &segment[(INTERVAL - 1) * 32], 32);
  }
  return marks;
}

void bench_walks(int device, uint64_t scale) {
  const uint64_t entries = std::max(ENTRIES / scale, 2 * INTERVAL) / INTERVAL * INTERVAL;
  const Data marks = checkpoints(entries), zeros(32);
  const qsdm_dag dag = {marks.data(), entries, INTERVAL};
  qsdm_cuda_table *table = nullptr;
  const Took built = best_of([&] {
    qsdm_cuda_table_destroy(table);
    table = nullptr;
    check(qsdm_cuda_table_create(device, &dag, &table));
  });
  for (const auto &[mix, goal, what, most, wanted] :
       {std::tuple{QSDM_MIX_PLAIN, "G6", "walks", PLAIN_ATTEMPTS, 55.0}, std::tuple{QSDM_MIX_TENSOR, "G7", "tensor walks", TENSOR_ATTEMPTS, 10.0}}) {
    const uint64_t attempts = std::max<uint64_t>(most / scale, 64);
    const qsdm_search job = {zeros.data(), zeros.data(), zeros.data(), {nullptr, entries, 1}, mix, nullptr, 0};
    const Took took = best_of([&] {
      qsdm_found found{};
      check(qsdm_cuda_search(table, &job, zeros.data(), attempts, &found));
    });
    row(goal, what, static_cast<double>(attempts) / took.all / 1e6, wanted, "MH/s");
  }
  qsdm_cuda_table_destroy(table);
  std::printf("  %-3s %-52s %10.3f s     goal %8.3f  %s (kernel %.3f s)\n", "G8", "table from checkpoints, verified", built.all,
              0.1, built.all <= 0.1 ? "met" : "MISSED", built.kernels);
}

}  // namespace

bool run_gpu_bench(uint64_t scale) {
  const char *why_none = nullptr;
  const int devices = qsdm_cuda_devices(&why_none);
  if (why_none) std::printf("cuda: %s\n", why_none);
  bool right = devices > 0;
  for (int device = 0; device < devices; device++) {
    qsdm_cuda_device what{};
    check(qsdm_cuda_device_at(device, &what));
    std::printf("cuda %d: %s, compute capability %u.%u, %u multiprocessors%s\n", device, what.name, what.major, what.minor,
                what.multiprocessors, scale == 1 ? "" : "; sizes are scaled down, so rates mean nothing");
    right &= bench_signatures(device, std::max<uint64_t>(SIGNATURES / scale, 8));
    bench_hashes(device, std::max<uint64_t>(MESSAGES / scale, 8));
    bench_walks(device, scale);
  }
  return right;
}

}  // namespace qsdm
