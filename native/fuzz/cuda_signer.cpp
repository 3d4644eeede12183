// Secret keys of any bytes on a device, run by the CPU on the stand-in: those that the scalar path takes are taken, and sign
// the same in batches, or give up alike.
#include "../include/qsdm_cuda.h"
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
  auto secret_key = input.bytes(made ? 0 : sizes.secret_key);
  if (made) {
    std::vector<uint8_t> public_key(sizes.public_key);
    secret_key.resize(sizes.secret_key);
    if (qsdm_ml_dsa_keygen(0, level, seed.data(), public_key.data(), secret_key.data()) != 0) __builtin_trap();
  }
  qsdm_signer *scalar = nullptr;
  qsdm_cuda_signer *signer = nullptr;
  const bool is_key = qsdm_signer_create(0, level, secret_key.data(), &scalar) == QSDM_SIGNER_READY;
  if (qsdm_cuda_signer_create(0, level, secret_key.data(), &signer) != (is_key ? 0 : QSDM_CUDA_NO_KEY)) __builtin_trap();
  if (!is_key) return 0;
  // The message as it is, and nothing at all with what its form allows beside it.
  const qsdm_message one = {form, message.data(), message.size(), context.data(), context.size()};
  const std::vector<qsdm_message> batch = {one, {QSDM_FORM_PURE, nullptr, 0, nullptr, 0}};
  std::vector<uint8_t> rnds(rnd), signatures(batch.size() * sizes.signature, 1), refusals(batch.size(), 255);
  rnds.resize(batch.size() * QSDM_RND_BYTES);
  if (qsdm_cuda_ml_dsa_sign(signer, batch.data(), batch.size(), rnds.data(), signatures.data(), refusals.data()) != 0)
    __builtin_trap();
  for (size_t i = 0; i < batch.size(); i++) {
    std::vector<uint8_t> expected(sizes.signature);
    const int refusal = qsdm_signer_sign(0, scalar, &batch[i], &rnds[i * QSDM_RND_BYTES], expected.data());
    const std::vector<uint8_t> given(signatures.begin() + static_cast<std::ptrdiff_t>(i * sizes.signature),
                                     signatures.begin() + static_cast<std::ptrdiff_t>((i + 1) * sizes.signature));
    if (refusals[i] != refusal || (refusal == QSDM_VALID && given != expected)) __builtin_trap();
    if (refusal != QSDM_VALID && given != std::vector<uint8_t>(sizes.signature)) __builtin_trap();
  }
  qsdm_cuda_signer_destroy(signer);
  qsdm_signer_destroy(scalar);
  return 0;
}
