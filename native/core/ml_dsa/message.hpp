// What is signed: FIPS 204 signs mu, a digest of the key's digest and a message in one of three forms.
#pragma once

#include "../../include/qsdm_signatures.h"
#include "../shake.hpp"
#include "params.hpp"

namespace qsdm::ml_dsa {

QSDM_HD qsdm_refusal check_message(const qsdm_message &message) {
  if (message.context_size > (message.form == QSDM_FORM_PURE ? MOST_CONTEXT_BYTES : 0)) return QSDM_REFUSED_CONTEXT_SIZE;
  if (message.form == QSDM_FORM_MU && message.size != MU_BYTES) return QSDM_REFUSED_MU_SIZE;
  return QSDM_VALID;
}

// tr, the digest of a public key.
template <class P>
QSDM_HD_PART void digest_key(const uint8_t *key, uint8_t *tr) {
  Shake<SHAKE256_RATE> shake;
  begin(shake);
  absorb(shake, key, P::PUBLIC_KEY_BYTES);
  finish(shake);
  squeeze(shake, tr, TR_BYTES);
}

// Algorithm 3, lines 5 and 10, and algorithm 8, line 7.
QSDM_HD_PART void digest_message(const uint8_t *tr, const qsdm_message &message, uint8_t *mu) {
  if (message.form == QSDM_FORM_MU) {
    memcpy(mu, message.bytes, MU_BYTES);
    return;
  }
  Shake<SHAKE256_RATE> shake;
  begin(shake);
  absorb(shake, tr, TR_BYTES);
  if (message.form == QSDM_FORM_PURE) {
    const uint8_t head[2] = {0, static_cast<uint8_t>(message.context_size)};
    absorb(shake, head, sizeof head);
    absorb(shake, message.context, message.context_size);
  }
  absorb(shake, message.bytes, message.size);
  finish(shake);
  squeeze(shake, mu, MU_BYTES);
}

}  // namespace qsdm::ml_dsa
