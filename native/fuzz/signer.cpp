// Secret keys of any bytes: every path takes or refuses the same ones, and those that are taken sign the same, or give up.
// What keys that were made of a seed sign verifies.
#include <cstring>

#include "../include/qsdm_signatures.h"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const qsdm_ml_dsa level = input.byte() % 2 ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87;
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
  const auto form = static_cast<qsdm_form>(input.byte() % 3);
  const bool made = input.byte() % 2;
  const size_t context_size = input.byte() * size_t{2}, message_size = input.byte();
  const auto seed = input.bytes(QSDM_SEED_BYTES), rnd = input.bytes(QSDM_RND_BYTES);
  const auto context = input.bytes(context_size), message = input.bytes(message_size);
  const auto any = input.bytes(made ? 0 : sizes.secret_key);
  const qsdm_message what = {form, message.data(), message.size(), context.data(), context.size()};
  int first_status = -1;
  std::vector<uint8_t> first;
  qsdm::on_every_path([&](uint32_t path) {
    std::vector<uint8_t> public_key(sizes.public_key), secret_key = any, out;
    if (made) {
      secret_key.resize(sizes.secret_key);
      if (qsdm_ml_dsa_keygen(path, level, seed.data(), public_key.data(), secret_key.data()) != 0) __builtin_trap();
      out = secret_key;
    }
    qsdm_signer *signer = nullptr;
    int status = qsdm_signer_create(path, level, secret_key.data(), &signer);
    if (made && status != QSDM_SIGNER_READY) __builtin_trap();
    if (status == QSDM_SIGNER_READY) {
      std::vector<uint8_t> signature(sizes.signature);
      status = qsdm_signer_sign(path, signer, &what, rnd.data(), signature.data());
      const qsdm_signed one = {public_key.data(), public_key.size(), signature.data(), signature.size(), what};
      uint8_t verdict = 255;
      if (made && (qsdm_ml_dsa_verify(path, level, nullptr, &one, 1, &verdict) != 0 || verdict != status)) __builtin_trap();
      out.insert(out.end(), signature.begin(), signature.end());
    }
    if (signer) qsdm_signer_destroy(signer);
    if (first_status < 0) {
      first_status = status;
      first = out;
    }
    if (status != first_status || out != first) __builtin_trap();
  });
  return 0;
}
