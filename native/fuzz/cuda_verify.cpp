// What a device is given to verify, and cells with it, run by the CPU on the stand-in: keys, messages, contexts and signatures
// of any size and content get the verdicts that the scalar path gives, whether their keys are kept or not, and every message
// its digest.
#include "../include/qsdm_cuda.h"
#include "input.hpp"

namespace {

// Small, so that keys have no place.
qsdm_cuda_keys *keys_of(qsdm_ml_dsa level) {
  const auto made = [](qsdm_ml_dsa of) {
    qsdm_cuda_keys *keys = nullptr;
    if (qsdm_cuda_keys_create(0, of, 8, &keys) != 0) __builtin_trap();
    return keys;
  };
  static qsdm_cuda_keys *const keys[] = {made(QSDM_ML_DSA_44), made(QSDM_ML_DSA_87)};
  return keys[level == QSDM_ML_DSA_87];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const qsdm_ml_dsa level = input.byte() % 2 ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87;
  const auto form = static_cast<qsdm_form>(input.byte() % 3);
  const size_t context_size = input.byte() * size_t{2}, message_size = input.byte();
  const bool whole = input.byte() % 8 != 0;
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
  const auto key = input.bytes(whole ? sizes.public_key : input.byte() * size_t{16});
  const auto signature = input.bytes(whole ? sizes.signature : input.byte() * size_t{32});
  const auto context = input.bytes(context_size), message = input.bytes(form == QSDM_FORM_MU ? 64 : message_size);
  const auto other = input.rest();
  const qsdm_message signed_message = {form, message.data(), message.size(), context.data(), context.size()};
  const qsdm_signed one = {key.data(), key.size(), signature.data(), signature.size(), signed_message};
  // Beside it one with another message, one whose signature is too short, and itself again.
  qsdm_signed changed = one, shorter = one;
  changed.message.bytes = other.data();
  changed.message.size = other.size();
  if (shorter.signature_size > 0) shorter.signature_size--;
  const std::vector<qsdm_signed> batch = {one, changed, shorter, one};

  std::vector<uint8_t> expected(batch.size()), hashes(32 * batch.size());
  if (qsdm_ml_dsa_verify(0, level, nullptr, batch.data(), batch.size(), expected.data()) != 0) __builtin_trap();
  for (size_t i = 0; i < batch.size(); i++) {
    const auto end = static_cast<uint32_t>(batch[i].message.size);
    if (qsdm_hash(0, QSDM_SHA3_256, batch[i].message.bytes, &end, 1, &hashes[32 * i], 32) != 0) __builtin_trap();
  }
  for (qsdm_cuda_keys *keys : {static_cast<qsdm_cuda_keys *>(nullptr), keys_of(level), keys_of(level)}) {
    std::vector<uint8_t> verdicts(batch.size(), 255), digests(hashes.size());
    if (qsdm_cuda_ml_dsa_verify(0, level, keys, batch.data(), batch.size(), verdicts.data(), digests.data()) != 0)
      __builtin_trap();
    if (verdicts != expected || digests != hashes) __builtin_trap();
  }
  return 0;
}
