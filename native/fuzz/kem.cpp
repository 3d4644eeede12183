// Seeds, keys and ciphertexts of any content: every path makes the same of them and refuses the same ones, and what is
// encapsulated under a key that was made arrives.
#include "../include/qsdm_kem.h"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  // Of what was made of the seed, what is to be changed.
  const uint8_t changed = input.byte();
  const auto seed = input.bytes(QSDM_KEM_SEED_BYTES), message = input.bytes(QSDM_KEM_MESSAGE_BYTES);
  const auto rest = input.rest();
  const auto change = [&](std::vector<uint8_t> bytes, uint8_t which) {
    for (size_t i = 0; changed & which && i < rest.size() && i < bytes.size(); i++) bytes[i] ^= rest[i];
    return bytes;
  };
  std::vector<uint8_t> first;
  qsdm::on_every_path([&](uint32_t path) {
    std::vector<uint8_t> public_key(QSDM_KEM_PUBLIC_KEY_BYTES), secret_key(QSDM_KEM_SECRET_KEY_BYTES);
    std::vector<uint8_t> ciphertext(QSDM_KEM_CIPHERTEXT_BYTES), secret(QSDM_KEM_SECRET_BYTES), received(secret);
    qsdm_ml_kem_keygen(path, seed.data(), public_key.data(), secret_key.data());
    public_key = change(public_key, 1);
    secret_key = change(secret_key, 2);
    const qsdm_kem_status sent =
        qsdm_ml_kem_encapsulate(path, public_key.data(), message.data(), ciphertext.data(), secret.data());
    ciphertext = change(ciphertext, 4);
    const qsdm_kem_status taken =
        qsdm_ml_kem_decapsulate(path, secret_key.data(), ciphertext.data(), received.data());
    if (!(changed & 7) && (sent != QSDM_KEM_DONE || taken != QSDM_KEM_DONE || secret != received)) __builtin_trap();
    std::vector<uint8_t> out = {static_cast<uint8_t>(sent), static_cast<uint8_t>(taken)};
    for (const auto &part : {public_key, secret_key, ciphertext, secret, received})
      out.insert(out.end(), part.begin(), part.end());
    if (first.empty()) first = out;
    if (out != first) __builtin_trap();
  });
  return 0;
}
