#include "cuda_signatures.hpp"

#include <algorithm>
#include <cstdio>
#include <new>
#include <random>
#include <stdexcept>
#include <vector>

#include "../include/qsdm_cuda.h"
#include "engine.hpp"

namespace qsdm {
namespace {

constexpr size_t SIGNATURES = 24;

struct Signed {
  Data key, signature, message, context;
};

Signed signed_by(qsdm_ml_dsa level, std::mt19937_64 &random) {
  const auto data = [&](size_t size) {
    Data out(size);
    for (uint8_t &byte : out) byte = static_cast<uint8_t>(random());
    return out;
  };
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
  Signed out = {Data(sizes.public_key), Data(sizes.signature), data(random() % 500 + 1), data(random() % 9 + 1)};
  Data secret(sizes.secret_key);
  if (qsdm_ml_dsa_keygen(0, level, data(32).data(), out.key.data(), secret.data()) != 0) throw std::bad_alloc();
  qsdm_signer *signer = nullptr;
  if (qsdm_signer_create(0, level, secret.data(), &signer) != QSDM_SIGNER_READY) throw std::bad_alloc();
  const qsdm_message message = {QSDM_FORM_PURE, out.message.data(), out.message.size(), out.context.data(),
                                out.context.size()};
  const int status = qsdm_signer_sign(0, signer, &message, data(32).data(), out.signature.data());
  qsdm_signer_destroy(signer);
  if (status != 0) throw std::runtime_error("the scalar path does not sign");
  // One in two is changed somewhere.
  if (random() % 2) {
    Data &part = random() % 4 == 0 ? out.key : random() % 3 == 0 ? out.message : out.signature;
    part[random() % part.size()] ^= static_cast<uint8_t>(1 << random() % 8);
  }
  return out;
}

}  // namespace

Tally compare_cuda_signatures(size_t rounds, uint64_t seed) {
  const char *why_none = nullptr;
  const int devices = qsdm_cuda_devices(&why_none);
  Tally total;
  std::mt19937_64 random(seed);
  for (size_t round = 0; round < rounds && devices > 0; round++)
    for (const qsdm_ml_dsa level : {QSDM_ML_DSA_44, QSDM_ML_DSA_87}) {
      std::vector<Signed> all;
      for (size_t i = 0; i < SIGNATURES; i++) all.push_back(signed_by(level, random));
      std::vector<qsdm_signed> batch;
      std::vector<Data> messages;
      for (const Signed &each : all) {
        batch.push_back({each.key.data(), each.key.size(), each.signature.data(), each.signature.size(),
                         {QSDM_FORM_PURE, each.message.data(), each.message.size(), each.context.data(),
                          each.context.size()}});
        messages.push_back(each.message);
      }
      Data expected(all.size());
      if (qsdm_ml_dsa_verify(0, level, nullptr, batch.data(), batch.size(), expected.data()) != 0)
        throw std::bad_alloc();
      const auto hashes = engines()[0]->sha3(messages);
      for (int device = 0; device < devices; device++) {
        Data verdicts(all.size()), digests(32 * all.size());
        const int status = qsdm_cuda_ml_dsa_verify(device, level, batch.data(), batch.size(), verdicts.data(), digests.data());
        bool same = status == 0 && verdicts == expected;
        for (size_t i = 0; i < all.size(); i++)
          same = same && std::equal(hashes[i].begin(), hashes[i].end(), digests.begin() + static_cast<std::ptrdiff_t>(32 * i));
        (same ? total.passed : total.failed)++;
        if (!same) std::printf("FAIL cuda %d: ML-DSA-%d: %s\n", device, level, qsdm_cuda_status_text(status));
      }
    }
  if (devices > 0) std::printf("signatures on CUDA: %zu batches passed, %zu failed\n", total.passed, total.failed);
  return total;
}

}  // namespace qsdm
