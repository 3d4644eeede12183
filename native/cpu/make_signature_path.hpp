// A path out of lanes of Keccak, for company and for one alone, and the arithmetic of polynomials.
#pragma once

#include "ml_dsa/sign.hpp"
#include "ml_dsa/verify_batch.hpp"
#include "signature_path.hpp"

namespace qsdm {

template <class P, class L, class Single, class A>
struct MlDsaOn {
  static int verify(ml_dsa::KeyCache *cache, const qsdm_signed *batch, size_t count, uint8_t *verdicts) {
    return ml_dsa::Verifier<P, L, Single, A>::verify(batch, count, verdicts, cache);
  }
  static bool generate(const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key) {
    return ml_dsa::Keys<P, L, A>::generate(seed, public_key, secret_key);
  }
  static bool load(const uint8_t *secret_key, void *key) {
    return ml_dsa::Keys<P, L, A>::load(secret_key, *static_cast<ml_dsa::SecretKey<P> *>(key));
  }
  static int sign(const void *key, const qsdm_message &message, const uint8_t *rnd, uint8_t *signature) {
    return ml_dsa::Signing<P, L, A>::sign(*static_cast<const ml_dsa::SecretKey<P> *>(key), message, rnd, signature);
  }
  static constexpr SignatureSet set = {verify, generate, load, sign};
};

template <class L, class Single, class A>
constexpr SignaturePath make_signature_path() {
  return {MlDsaOn<ml_dsa::Params<44>, L, Single, A>::set, MlDsaOn<ml_dsa::Params<87>, L, Single, A>::set};
}

}  // namespace qsdm
