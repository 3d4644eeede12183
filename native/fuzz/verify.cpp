// Keys, messages, contexts and signatures of any size and content, alone and side by side: every path refuses or takes
// the same ones, whether it has seen the key before or not.
#include "../include/qsdm_signatures.h"
#include "input.hpp"

namespace {

// Small, so that keys drive each other out.
qsdm_key_cache *cache_of(qsdm_ml_dsa level) {
  static qsdm_key_cache *const caches[] = {qsdm_key_cache_create(QSDM_ML_DSA_44, 8),
                                           qsdm_key_cache_create(QSDM_ML_DSA_87, 8)};
  return caches[level == QSDM_ML_DSA_87];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const qsdm_ml_dsa level = input.byte() % 2 ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87;
  const auto form = static_cast<qsdm_form>(input.byte() % 3);
  const size_t context_size = input.byte() * size_t{2}, message_size = input.byte();
  const bool whole = input.byte() % 8 != 0;
  // Whole sizes get past the first checks.
  const size_t key_size = whole ? (level == QSDM_ML_DSA_44 ? 1312 : 2592) : input.byte() * size_t{16};
  const size_t signature_size = whole ? (level == QSDM_ML_DSA_44 ? 2420 : 4627) : input.byte() * size_t{32};
  const auto key = input.bytes(key_size), signature = input.bytes(signature_size);
  const auto context = input.bytes(context_size), message = input.bytes(form == QSDM_FORM_MU ? 64 : message_size);
  const qsdm_signed one = {key.data(),       key.size(),       signature.data(),
                           signature.size(), {form, message.data(), message.size(), context.data(), context.size()}};
  const std::vector<qsdm_signed> batch(9, one);
  int first = -1;
  qsdm::on_every_path([&](uint32_t path) {
    for (qsdm_key_cache *cache : {static_cast<qsdm_key_cache *>(nullptr), cache_of(level)}) {
      std::vector<uint8_t> verdicts(batch.size(), 255);
      if (qsdm_ml_dsa_verify(path, level, cache, batch.data(), batch.size(), verdicts.data()) != 0) __builtin_trap();
      if (first < 0) first = verdicts[0];
      for (const uint8_t verdict : verdicts)
        if (verdict != first) __builtin_trap();
    }
  });
  return 0;
}
