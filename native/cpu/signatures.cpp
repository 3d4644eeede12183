// The C interface of the signatures: picks a path and hands over.
#include <new>

#include "ml_dsa/secret_key.hpp"
#include "secret_memory.hpp"
#include "signature_path.hpp"

struct qsdm_key_cache {
  qsdm::ml_dsa::KeyCache keys;
};

struct qsdm_signer {
  qsdm_ml_dsa level;
  size_t size;
  void *key;
};

namespace {

// In the order of the paths of qsdm_native.h.
#if defined(__x86_64__) || defined(_M_X64)
constexpr const qsdm::SignaturePath *PATHS[] = {&qsdm::SCALAR_SIGNATURES, &qsdm::AVX2_SIGNATURES,
                                                &qsdm::AVX512_SIGNATURES};
#else
constexpr const qsdm::SignaturePath *PATHS[] = {&qsdm::SCALAR_SIGNATURES};
#endif

const qsdm::SignatureSet &set_of(uint32_t path, qsdm_ml_dsa level) {
  return level == QSDM_ML_DSA_44 ? PATHS[path]->ml_dsa_44 : PATHS[path]->ml_dsa_87;
}

template <int Level>
constexpr qsdm_ml_dsa_sizes SIZES = {qsdm::ml_dsa::Params<Level>::PUBLIC_KEY_BYTES,
                                     qsdm::ml_dsa::Params<Level>::SECRET_KEY_BYTES,
                                     qsdm::ml_dsa::Params<Level>::SIGNATURE_BYTES};
template <int Level>
constexpr size_t SECRET_BYTES = sizeof(qsdm::ml_dsa::SecretKey<qsdm::ml_dsa::Params<Level>>);

template <int Level>
qsdm_key_cache *create(size_t entries) {
  using P = qsdm::ml_dsa::Params<Level>;
  return new (std::nothrow)
      qsdm_key_cache{{entries, P::PUBLIC_KEY_BYTES, sizeof(qsdm::ml_dsa::ExpandedKey<P>)}};
}

}  // namespace

extern "C" {

qsdm_key_cache *qsdm_key_cache_create(qsdm_ml_dsa level, size_t entries) {
  qsdm_key_cache *cache = level == QSDM_ML_DSA_44 ? create<44>(entries) : create<87>(entries);
  if (!cache || cache->keys.ready()) return cache;
  delete cache;
  return nullptr;
}

void qsdm_key_cache_destroy(qsdm_key_cache *cache) { delete cache; }

int qsdm_ml_dsa_verify(uint32_t path, qsdm_ml_dsa level, qsdm_key_cache *cache, const qsdm_signed *batch, size_t count,
                       uint8_t *verdicts) {
  return set_of(path, level).verify(cache ? &cache->keys : nullptr, batch, count, verdicts);
}

qsdm_ml_dsa_sizes qsdm_ml_dsa_sizes_of(qsdm_ml_dsa level) { return level == QSDM_ML_DSA_44 ? SIZES<44> : SIZES<87>; }

int qsdm_ml_dsa_keygen(uint32_t path, qsdm_ml_dsa level, const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key) {
  return set_of(path, level).generate(seed, public_key, secret_key) ? 0 : -1;
}

qsdm_signer_status qsdm_signer_create(uint32_t path, qsdm_ml_dsa level, const uint8_t *secret_key,
                                      qsdm_signer **signer) {
  const size_t size = level == QSDM_ML_DSA_44 ? SECRET_BYTES<44> : SECRET_BYTES<87>;
  auto *made = new (std::nothrow) qsdm_signer{level, size, qsdm::secret_allocate(size)};
  if (!made || !made->key) {
    delete made;
    return QSDM_SIGNER_MEMORY;
  }
  if (!set_of(path, level).load(secret_key, made->key)) {
    qsdm_signer_destroy(made);
    return QSDM_SIGNER_KEY;
  }
  *signer = made;
  return QSDM_SIGNER_READY;
}

void qsdm_signer_destroy(qsdm_signer *signer) {
  qsdm::secret_free(signer->key, signer->size);
  delete signer;
}

qsdm_ml_dsa qsdm_signer_level(const qsdm_signer *signer) { return signer->level; }

int qsdm_signer_sign(uint32_t path, const qsdm_signer *signer, const qsdm_message *message, const uint8_t *rnd,
                     uint8_t *signature) {
  const qsdm_refusal refusal = qsdm::ml_dsa::check_message(*message);
  if (refusal != QSDM_VALID) return refusal;
  return set_of(path, signer->level).sign(signer->key, *message, rnd, signature);
}

}  // extern "C"
