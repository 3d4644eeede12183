#include "signature_engine.hpp"

#include <cstdio>
#include <new>
#include <stdexcept>

#include "../core/ml_dsa/thread_keys.hpp"
#include "../core/ml_dsa/thread_sign.hpp"
#include "../core/ml_dsa/thread_verify.hpp"
#include "comparisons.hpp"

namespace qsdm {
namespace {

class PathEngine : public SignatureEngine {
 public:
  explicit PathEngine(uint32_t path) : path_(path) {}

  std::string name() const override { return qsdm_path_at(path_).name; }
  std::string path() const override { return "native " + name(); }

  std::optional<KeyPair> keygen(qsdm_ml_dsa level, const Data &seed) const override {
    const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
    KeyPair made{Data(sizes.public_key), Data(sizes.secret_key)};
    if (qsdm_ml_dsa_keygen(path_, level, seed.data(), made.public_key.data(), made.secret_key.data()) != 0)
      throw std::bad_alloc();
    return made;
  }
  std::optional<Data> sign(qsdm_ml_dsa level, const Data &secret_key, const qsdm_message &message,
                           const Data &rnd) const override {
    qsdm_signer *signer = nullptr;
    const qsdm_signer_status status = qsdm_signer_create(path_, level, secret_key.data(), &signer);
    if (status == QSDM_SIGNER_MEMORY) throw std::bad_alloc();
    if (status == QSDM_SIGNER_KEY) return std::nullopt;
    Data signature(qsdm_ml_dsa_sizes_of(level).signature);
    const int refusal = qsdm_signer_sign(path_, signer, &message, rnd.data(), signature.data());
    qsdm_signer_destroy(signer);
    return refusal == QSDM_VALID ? std::optional(signature) : std::nullopt;
  }
  qsdm_refusal verify(qsdm_ml_dsa level, const qsdm_signed &what) const override {
    uint8_t verdict = 0;
    if (qsdm_ml_dsa_verify(path_, level, nullptr, &what, 1, &verdict) != 0) throw std::bad_alloc();
    return static_cast<qsdm_refusal>(verdict);
  }

 private:
  uint32_t path_;
};

template <class P>
std::optional<Data> thread_signature(const Data &secret_key, const qsdm_message &message, const Data &rnd) {
  if (ml_dsa::check_message(message) != QSDM_VALID) return std::nullopt;
  const auto key = std::make_unique<ml_dsa::SecretKey<P>>();
  for (int part = 0; part < ml_dsa::SECRET_PARTS<P>; part++)
    if (!ml_dsa::thread_load<P>(secret_key.data(), part, *key)) return std::nullopt;
  ml_dsa::SigningSeed seed{};
  ml_dsa::thread_begin_signing<P>(*key, message, rnd.data(), seed);
  Data signature(P::SIGNATURE_BYTES);
  for (int attempt = 0; attempt < ml_dsa::MOST_ATTEMPTS; attempt++)
    if (ml_dsa::thread_sign<P>(*key, seed, attempt, signature.data())) return signature;
  return std::nullopt;
}

// With the key as it is, and with the key made ready; both have to say the same.
template <class P>
qsdm_refusal thread_verdict(const qsdm_signed &what) {
  const qsdm_refusal sizes = ml_dsa::check_sizes<P>(what);
  if (sizes != QSDM_VALID) return sizes;
  const auto ready = std::make_unique<ml_dsa::ExpandedKey<P>>();
  for (int part = 0; part < ml_dsa::PUBLIC_PARTS<P>; part++) ml_dsa::thread_expand<P>(what.public_key, part, *ready);
  const qsdm_refusal raw = ml_dsa::thread_verify<P>(ml_dsa::RawKey<P>{what.public_key}, what.signature, what.message);
  const qsdm_refusal kept = ml_dsa::thread_verify<P>(ml_dsa::ReadyKey<P>{ready.get()}, what.signature, what.message);
  if (raw != kept) throw std::runtime_error("a key that was made ready gives another verdict");
  return raw;
}

class ThreadEngine : public SignatureEngine {
 public:
  std::string name() const override { return "gpu thread on the cpu"; }
  std::string path() const override { return name(); }
  std::optional<Data> sign(qsdm_ml_dsa level, const Data &secret_key, const qsdm_message &message,
                           const Data &rnd) const override {
    return level == QSDM_ML_DSA_44 ? thread_signature<ml_dsa::Params<44>>(secret_key, message, rnd)
                                   : thread_signature<ml_dsa::Params<87>>(secret_key, message, rnd);
  }
  qsdm_refusal verify(qsdm_ml_dsa level, const qsdm_signed &what) const override {
    return level == QSDM_ML_DSA_44 ? thread_verdict<ml_dsa::Params<44>>(what) : thread_verdict<ml_dsa::Params<87>>(what);
  }
};

}  // namespace

#if !defined(QSDM_HAVE_CUDA)
std::vector<std::unique_ptr<SignatureEngine>> cuda_signature_engines() { return {}; }
void compare_cuda_signatures(Comparisons &, size_t) {}
#endif

std::vector<const SignatureEngine *> signature_engines() {
  static std::vector<std::unique_ptr<SignatureEngine>> all;
  if (all.empty()) {
    for (uint32_t path = 0; path < qsdm_path_count(); path++)
      if (!qsdm_path_at(path).missing) all.push_back(std::make_unique<PathEngine>(path));
    all.push_back(std::make_unique<ThreadEngine>());
    for (auto &device : cuda_signature_engines()) all.push_back(std::move(device));
  }
  std::vector<const SignatureEngine *> out;
  for (const auto &each : all) out.push_back(each.get());
  return out;
}

}  // namespace qsdm
