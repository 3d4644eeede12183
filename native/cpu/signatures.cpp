// The C interface of the signatures: picks a path and hands over.
#include <new>

#include "ml_dsa/expand.hpp"
#include "signature_path.hpp"

struct qsdm_key_cache {
  qsdm::ml_dsa::KeyCache keys;
};

namespace {

// In the order of the paths of qsdm_native.h.
#if defined(__x86_64__) || defined(_M_X64)
constexpr const qsdm::SignaturePath *PATHS[] = {&qsdm::SCALAR_SIGNATURES, &qsdm::AVX2_SIGNATURES,
                                                &qsdm::AVX512_SIGNATURES};
#else
constexpr const qsdm::SignaturePath *PATHS[] = {&qsdm::SCALAR_SIGNATURES};
#endif

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
  return PATHS[path]->verify(level, cache ? &cache->keys : nullptr, batch, count, verdicts);
}

}  // extern "C"
