// Verification (FIPS 204, algorithm 8) by one thread, with little memory: entries of A are made when they are needed.
#pragma once

#include "message.hpp"
#include "ntt.hpp"
#include "packing.hpp"
#include "rounding.hpp"
#include "sampling.hpp"

namespace qsdm::ml_dsa {

// High parts of a row of w with its hints used, as bytes; `w` is canonical and is lost.
template <class P>
QSDM_HD_PART void hinted_row(const uint8_t *hint, int row, Poly &w, uint8_t *packed) {
  const int from = row == 0 ? 0 : hint[P::OMEGA + row - 1], to = hint[P::OMEGA + row];
  int32_t changed[P::OMEGA];
  for (int i = from; i < to; i++) changed[i] = adjusted<P>(w.at[hint[i]]);
  for (int32_t &value : w.at) value = high_bits<P>(value);
  for (int i = from; i < to; i++) w.at[hint[i]] = changed[i];
  pack<P::W1_BITS>(w, packed);
}

// Row `row` of A z - c t1 2^d, in the NTT's domain and over 2^32, below q in size.
template <class P>
QSDM_HD_PART void row_product(const uint8_t *key, int row, const Poly (&z)[P::L], const Poly &c, Poly &w) {
  Poly other;
  unpack<T1_BITS>(t1_of(key, row), other);
  for (int32_t &value : other.at) value <<= D;
  ntt(other);
  for (int i = 0; i < N; i++) w.at[i] = -multiply(c.at[i], other.at[i]);
  for (int column = 0; column < P::L; column++) {
    sample_entry(key, row, column, other);
    for (int i = 0; i < N; i++) w.at[i] += multiply(other.at[i], z[column].at[i]);
  }
  for (int32_t &value : w.at) value = reduce(value);
}

// Whether sizes fit.
template <class P>
QSDM_HD qsdm_refusal check_sizes(const qsdm_signed &what) {
  if (what.public_key_size != P::PUBLIC_KEY_BYTES) return QSDM_REFUSED_KEY_SIZE;
  if (what.signature_size != P::SIGNATURE_BYTES) return QSDM_REFUSED_SIGNATURE_SIZE;
  return check_message(what.message);
}

// Everything that is cheaper than a hash comes before the first one.
template <class P>
QSDM_HD_PART qsdm_refusal verify(const qsdm_signed &what) {
  const qsdm_refusal sizes = check_sizes<P>(what);
  if (sizes != QSDM_VALID) return sizes;
  const uint8_t *hint = hint_of<P>(what.signature);
  if (!hint_is_canonical<P>(hint)) return QSDM_REFUSED_HINT;
  Poly z[P::L];
  for (int column = 0; column < P::L; column++)
    if (!unpack_z<P>(z_of<P>(what.signature, column), z[column])) return QSDM_REFUSED_Z_RANGE;

  uint8_t tr[TR_BYTES], mu[MU_BYTES];
  if (what.message.form != QSDM_FORM_MU) digest_key<P>(what.public_key, tr);
  digest_message(tr, what.message, mu);
  Poly c;
  sample_in_ball<P>(what.signature, c);
  ntt(c);
  for (Poly &poly : z) ntt(poly);

  Shake<SHAKE256_RATE> shake;
  begin(shake);
  absorb(shake, mu, MU_BYTES);
  for (int row = 0; row < P::K; row++) {
    Poly w;
    row_product<P>(what.public_key, row, z, c, w);
    inverse_ntt(w);
    for (int32_t &value : w.at) value = canonical(value);
    uint8_t packed[P::W1_BYTES];
    hinted_row<P>(hint, row, w, packed);
    absorb(shake, packed, sizeof packed);
  }
  finish(shake);
  uint8_t challenge[P::CHALLENGE_BYTES];
  squeeze(shake, challenge, sizeof challenge);
  for (int i = 0; i < P::CHALLENGE_BYTES; i++)
    if (challenge[i] != what.signature[i]) return QSDM_REFUSED_CHALLENGE;
  return QSDM_VALID;
}

}  // namespace qsdm::ml_dsa
