// Key encapsulation of every path against the scalar one on random seeds, messages and damage.
#include <cstdio>
#include <random>

#include "../include/qsdm_kem.h"
#include "check.hpp"
#include "engine.hpp"

namespace qsdm {
namespace {

struct Outcome {
  Data public_key = Data(QSDM_KEM_PUBLIC_KEY_BYTES), secret_key = Data(QSDM_KEM_SECRET_KEY_BYTES);
  Data ciphertext = Data(QSDM_KEM_CIPHERTEXT_BYTES), secret = Data(QSDM_KEM_SECRET_BYTES);
  Data received = Data(QSDM_KEM_SECRET_BYTES), damaged = Data(QSDM_KEM_SECRET_BYTES);
  // Of a damaged public key and of a damaged secret one.
  qsdm_kem_status public_status{}, secret_status{};

  bool operator==(const Outcome &) const = default;
};

struct Question {
  Data seed, message;
  size_t at;
  uint8_t flip;
};

Outcome answer(uint32_t path, const Question &question) {
  Outcome out;
  const auto damaged = [&](Data bytes) {
    bytes[question.at % bytes.size()] ^= question.flip;
    return bytes;
  };
  qsdm_ml_kem_keygen(path, question.seed.data(), out.public_key.data(), out.secret_key.data());
  const auto encapsulate = [&](const Data &key) {
    return qsdm_ml_kem_encapsulate(path, key.data(), question.message.data(), out.ciphertext.data(), out.secret.data());
  };
  const auto decapsulate = [&](const Data &key, const Data &ciphertext, Data &to) {
    return qsdm_ml_kem_decapsulate(path, key.data(), ciphertext.data(), to.data());
  };
  out.public_status = encapsulate(damaged(out.public_key));
  if (encapsulate(out.public_key) != QSDM_KEM_DONE) return {};
  if (decapsulate(out.secret_key, out.ciphertext, out.received) != QSDM_KEM_DONE) return {};
  if (decapsulate(out.secret_key, damaged(out.ciphertext), out.damaged) != QSDM_KEM_DONE) return {};
  Data ignored(QSDM_KEM_SECRET_BYTES);
  out.secret_status = decapsulate(damaged(out.secret_key), out.ciphertext, ignored);
  return out;
}

}  // namespace

Tally compare_kem(size_t rounds, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto data = [&](size_t size) {
    Data out(size);
    for (uint8_t &byte : out) byte = static_cast<uint8_t>(random());
    return out;
  };
  Tally total;
  const auto count = [&](bool good, uint32_t path, const char *what) {
    (good ? total.passed : total.failed)++;
    if (!good) std::printf("FAIL %s: %s\n", qsdm_path_at(path).name, what);
  };
  for (size_t round = 0; round < rounds; round++) {
    const Question question = {data(QSDM_KEM_SEED_BYTES), data(QSDM_KEM_MESSAGE_BYTES), random(),
                               static_cast<uint8_t>(1 << random() % 8)};
    const Outcome expected = answer(0, question);
    count(expected.received == expected.secret && expected.received != Data(QSDM_KEM_SECRET_BYTES), 0,
          "both sides have one secret");
    count(expected.damaged != expected.secret, 0, "a damaged ciphertext gives another secret");
    for (uint32_t path = 1; path < qsdm_path_count(); path++)
      if (!qsdm_path_at(path).missing) count(answer(path, question) == expected, path, "key encapsulation differs");
  }
  std::printf("random comparisons of key encapsulation, seed %llu: %zu passed, %zu failed\n",
              static_cast<unsigned long long>(seed), total.passed, total.failed);
  return total;
}

}  // namespace qsdm
