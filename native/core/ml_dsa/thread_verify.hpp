// Verification by one thread of a GPU: as verify.hpp does it, with an eye on memory. Entries of A are multiplied where
// they are made and never stored, and SHAKE128's words are read in registers.
#pragma once

#include "thread_ntt.hpp"
#include "verify.hpp"

namespace qsdm::ml_dsa {

// Adds the entry of A at `row` and `column`, times `z`, to `w`.
QSDM_HD_PART void add_entry_product(const uint8_t *rho, int row, int column, const Poly &z, Poly &w) {
  uint64_t s[25];
  for (int i = 0; i < 4; i++) s[i] = load_word(rho + 8 * i);
  // 34 bytes, the suffix and the last bit of SHAKE128's block (algorithm 30 and FIPS 202, B.2).
  s[4] = static_cast<uint64_t>(column) | static_cast<uint64_t>(row) << 8 | SHAKE_SUFFIX << 16;
  for (int i = 5; i < 25; i++) s[i] = i == SHAKE128_RATE / 8 - 1 ? LAST_BIT : 0;
  for (int count = 0; count < N;) {
    keccak_f<One<1>>(s);
    // Three words hold eight integers of three bytes.
    QSDM_UNROLL
    for (int word = 0; word < SHAKE128_RATE / 8; word += 3)
      QSDM_UNROLL
      for (int k = 0; k < 8; k++) {
        const int bit = 24 * k, from = word + bit / 64, shift = bit % 64;
        const uint64_t low = s[from] >> shift;
        const uint64_t bits = shift > 40 ? low | s[from + 1] << (64 - shift) : low;
        const auto value = static_cast<int32_t>(bits & 0x7fffff);
        if (value >= Q || count >= N) continue;
        w.at[count] += multiply(value, z.at[count]);
        count++;
      }
  }
}

template <class P>
QSDM_HD_PART void thread_row(const uint8_t *key, int row, const Poly (&z)[P::L], const Poly &c, Poly &w) {
  unpack<T1_BITS>(t1_of(key, row), w);
  for (int32_t &value : w.at) value <<= D;
  thread_ntt(w);
  for (int i = 0; i < N; i++) w.at[i] = -multiply(c.at[i], w.at[i]);
  for (int column = 0; column < P::L; column++) add_entry_product(key, row, column, z[column], w);
  for (int32_t &value : w.at) value = reduce(value);
  thread_inverse_ntt(w);
  for (int32_t &value : w.at) value = canonical(value);
}

// Of a signature and a key that have the sizes of `P`, and whose message is mu when its form says so.
template <class P>
QSDM_HD_PART qsdm_refusal thread_verify(const qsdm_signed &what) {
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
  thread_ntt(c);
  for (Poly &poly : z) thread_ntt(poly);

  Shake<SHAKE256_RATE> shake;
  begin(shake);
  absorb(shake, mu, MU_BYTES);
  for (int row = 0; row < P::K; row++) {
    Poly w;
    thread_row<P>(what.public_key, row, z, c, w);
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
