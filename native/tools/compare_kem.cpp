// Key encapsulation of every path against the scalar one on random seeds, messages and damage.
#include "../include/qsdm_kem.h"
#include "comparisons.hpp"

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

void compare_kem(Comparisons &to, size_t rounds) {
  for (size_t round = 0; round < rounds; round++) {
    const Question question = {to.data(QSDM_KEM_SEED_BYTES), to.data(QSDM_KEM_MESSAGE_BYTES), to.random(),
                               static_cast<uint8_t>(1 << to.random() % 8)};
    const Outcome expected = answer(0, question);
    // Both sides have one secret, and a damaged ciphertext gives another.
    to.count("ML-KEM-768",
             expected.received == expected.secret && expected.received != Data(QSDM_KEM_SECRET_BYTES) &&
                 expected.damaged != expected.secret,
             qsdm_path_at(0).name);
    for (uint32_t path = 1; path < qsdm_path_count(); path++)
      if (!qsdm_path_at(path).missing) to.count("ML-KEM-768", answer(path, question) == expected, qsdm_path_at(path).name);
  }
}

}  // namespace qsdm
