// Keys made ready, with every vector in the NTT's domain.
#pragma once

#include "params.hpp"

namespace qsdm::ml_dsa {

// A public key: A and t1, and its digest.
template <class P>
struct ExpandedKey {
  Poly a[P::K][P::L];
  // Less 2^13 t1: what is added to A z after a multiplication by the challenge.
  Poly t1[P::K];
  uint8_t tr[TR_BYTES];
};

template <class P>
struct SecretKey {
  Poly a[P::K][P::L];
  Poly s1[P::L], s2[P::K], t0[P::K];
  uint8_t hedge_key[SEED_BYTES];
  uint8_t tr[TR_BYTES];
};

// What FIPS 204, appendix C, allows as a limit. A key that was made of a seed needs that many with a chance below 2^-256;
// one that was put together to be refused would go on until the counter, of 16 bits, begins again.
constexpr int MOST_ATTEMPTS = 814;

}  // namespace qsdm::ml_dsa
