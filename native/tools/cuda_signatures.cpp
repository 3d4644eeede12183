// Devices that sign and verify.
#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include "../include/qsdm_cuda.h"
#include "comparisons.hpp"
#include "signature_engine.hpp"

namespace qsdm {
namespace {

constexpr size_t SIGNATURES = 24;
// Fewer than there are signatures, so that some have no place.
constexpr uint32_t KEPT_KEYS = 8;
// More than are tried several times at once.
constexpr size_t MANY_MESSAGES = 300;

void check(int status) {
  if (status != 0) throw std::runtime_error(std::string("cuda: ") + qsdm_cuda_status_text(status));
}

std::string name_of(int device) {
  qsdm_cuda_device what{};
  check(qsdm_cuda_device_at(device, &what));
  return "cuda " + std::to_string(device) + " (" + what.name + ")";
}

using Keys = std::unique_ptr<qsdm_cuda_keys, void (*)(qsdm_cuda_keys *)>;
Keys keys_on(int device, qsdm_ml_dsa level) {
  qsdm_cuda_keys *keys = nullptr;
  check(qsdm_cuda_keys_create(device, level, KEPT_KEYS, &keys));
  return {keys, qsdm_cuda_keys_destroy};
}

using Signer = std::unique_ptr<qsdm_cuda_signer, void (*)(qsdm_cuda_signer *)>;

class CudaSignatureEngine : public SignatureEngine {
 public:
  explicit CudaSignatureEngine(int device)
      : device_(device), small_(keys_on(device, QSDM_ML_DSA_44)), large_(keys_on(device, QSDM_ML_DSA_87)) {}

  std::string name() const override { return name_of(device_); }
  std::string path() const override { return "cuda"; }
  std::optional<Data> sign(qsdm_ml_dsa level, const Data &secret_key, const qsdm_message &message,
                           const Data &rnd) const override {
    qsdm_cuda_signer *made = nullptr;
    const int status = qsdm_cuda_signer_create(device_, level, secret_key.data(), &made);
    if (status == QSDM_CUDA_NO_KEY) return std::nullopt;
    check(status);
    const Signer signer(made, qsdm_cuda_signer_destroy);
    Data signature(qsdm_ml_dsa_sizes_of(level).signature);
    uint8_t refusal = 0;
    check(qsdm_cuda_ml_dsa_sign(made, &message, 1, rnd.data(), signature.data(), &refusal));
    return refusal == QSDM_VALID ? std::optional(signature) : std::nullopt;
  }
  // Three times, so that its key is fresh, made ready and found.
  qsdm_refusal verify(qsdm_ml_dsa level, const qsdm_signed &what) const override {
    qsdm_cuda_keys *keys = (level == QSDM_ML_DSA_44 ? small_ : large_).get();
    uint8_t first = 0;
    for (int time = 0; time < 3; time++) {
      uint8_t verdict = 0;
      check(qsdm_cuda_ml_dsa_verify(device_, level, keys, &what, 1, &verdict, nullptr));
      if (time > 0 && verdict != first) throw std::runtime_error("cuda: a key that is kept gives another verdict");
      first = verdict;
    }
    return static_cast<qsdm_refusal>(first);
  }

 private:
  int device_;
  Keys small_, large_;
};

struct Signed {
  Data key, signature, message, context;
};

Signed signed_by(qsdm_ml_dsa level, Comparisons &from) {
  auto &random = from.random;
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
  Signed out = {Data(sizes.public_key), Data(sizes.signature), from.data(random() % 500 + 1), from.data(random() % 9 + 1)};
  Data secret(sizes.secret_key);
  if (qsdm_ml_dsa_keygen(0, level, from.data(32).data(), out.key.data(), secret.data()) != 0) throw std::bad_alloc();
  qsdm_signer *signer = nullptr;
  if (qsdm_signer_create(0, level, secret.data(), &signer) != QSDM_SIGNER_READY) throw std::bad_alloc();
  const qsdm_message message = {QSDM_FORM_PURE, out.message.data(), out.message.size(), out.context.data(),
                                out.context.size()};
  const int status = qsdm_signer_sign(0, signer, &message, from.data(32).data(), out.signature.data());
  qsdm_signer_destroy(signer);
  if (status != 0) throw std::runtime_error("the scalar path does not sign");
  // One in two is changed somewhere.
  if (random() % 2) {
    Data &part = random() % 4 == 0 ? out.key : random() % 3 == 0 ? out.message : out.signature;
    part[random() % part.size()] ^= static_cast<uint8_t>(1 << random() % 8);
  }
  return out;
}

// Signatures of one key on a device, of which some cannot be made, and what the scalar path makes of the same.
void compare_signing(Comparisons &to, int device, qsdm_ml_dsa level, size_t count) {
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
  Data public_key(sizes.public_key), secret(sizes.secret_key);
  if (qsdm_ml_dsa_keygen(0, level, to.data(32).data(), public_key.data(), secret.data()) != 0) throw std::bad_alloc();
  std::vector<Data> bytes;
  std::vector<qsdm_message> messages;
  for (size_t i = 0; i < count; i++) bytes.push_back(to.data(to.random() % 200 + 64));
  // Mu of another size than 64 bytes cannot be signed.
  for (const Data &each : bytes) {
    const auto form = static_cast<qsdm_form>(to.random() % 3);
    const size_t size = form == QSDM_FORM_MU && to.random() % 4 ? 64 : each.size();
    messages.push_back({form, each.data(), size, each.data(), form == QSDM_FORM_PURE ? to.random() % 64 : 0});
  }
  const Data rnds = to.data(QSDM_RND_BYTES * count);
  qsdm_cuda_signer *made = nullptr;
  check(qsdm_cuda_signer_create(device, level, secret.data(), &made));
  const Signer signer(made, qsdm_cuda_signer_destroy);
  Data signatures(sizes.signature * count), refusals(count), expected(sizes.signature);
  check(qsdm_cuda_ml_dsa_sign(made, messages.data(), count, rnds.data(), signatures.data(), refusals.data()));
  qsdm_signer *scalar = nullptr;
  if (qsdm_signer_create(0, level, secret.data(), &scalar) != QSDM_SIGNER_READY) throw std::bad_alloc();
  for (size_t i = 0; i < count; i++) {
    std::fill(expected.begin(), expected.end(), uint8_t{0});
    const int refusal = qsdm_signer_sign(0, scalar, &messages[i], &rnds[QSDM_RND_BYTES * i], expected.data());
    to.count("CUDA: signatures in batches",
             refusal == refusals[i] && std::equal(expected.begin(), expected.end(), &signatures[sizes.signature * i]),
             name_of(device));
  }
  qsdm_signer_destroy(scalar);
}

// Cells, that is, signatures and the hashes of what they sign, on a device and on the scalar path.
void compare_cells(Comparisons &to, int device, qsdm_ml_dsa level) {
  std::vector<Signed> all;
  for (size_t i = 0; i < SIGNATURES; i++) all.push_back(signed_by(level, to));
  std::vector<qsdm_signed> batch;
  std::vector<Data> messages;
  for (const Signed &each : all) {
    batch.push_back({each.key.data(), each.key.size(), each.signature.data(), each.signature.size(),
                     {QSDM_FORM_PURE, each.message.data(), each.message.size(), each.context.data(),
                      each.context.size()}});
    messages.push_back(each.message);
  }
  Data expected(all.size());
  if (qsdm_ml_dsa_verify(0, level, nullptr, batch.data(), batch.size(), expected.data()) != 0) throw std::bad_alloc();
  const auto hashes = engines()[0]->sha3(messages);
  const Keys keys = keys_on(device, level);
  // Again and again, so that keys are fresh, made ready, found, and without a place.
  for (int time = 0; time < 4; time++) {
    Data verdicts(all.size()), digests(32 * all.size());
    check(qsdm_cuda_ml_dsa_verify(device, level, time == 0 ? nullptr : keys.get(), batch.data(), batch.size(),
                                  verdicts.data(), digests.data()));
    for (size_t i = 0; i < all.size(); i++) {
      to.count("CUDA: verdicts in batches", verdicts[i] == expected[i], name_of(device));
      to.count("CUDA: digests of cells", std::equal(hashes[i].begin(), hashes[i].end(), &digests[32 * i]), name_of(device));
    }
  }
}

}  // namespace

std::vector<std::unique_ptr<SignatureEngine>> cuda_signature_engines() {
  const char *why_none = nullptr;
  const int count = qsdm_cuda_devices(&why_none);
  std::vector<std::unique_ptr<SignatureEngine>> out;
  for (int device = 0; device < count; device++) out.push_back(std::make_unique<CudaSignatureEngine>(device));
  return out;
}

void compare_cuda_signatures(Comparisons &to, size_t rounds) {
  const char *why_none = nullptr;
  const int devices = qsdm_cuda_devices(&why_none);
  for (size_t round = 0; round < rounds; round++)
    for (const qsdm_ml_dsa level : {QSDM_ML_DSA_44, QSDM_ML_DSA_87})
      for (int device = 0; device < devices; device++) {
        compare_cells(to, device, level);
        compare_signing(to, device, level, round == 0 && level == QSDM_ML_DSA_44 ? MANY_MESSAGES : 5);
      }
}

}  // namespace qsdm
