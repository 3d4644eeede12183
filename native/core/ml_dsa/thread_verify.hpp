// Verification by one thread of a GPU: as verify.hpp does it, with an eye on memory. Entries of A are multiplied where
// they are made and never stored, and SHAKE128's words are read in registers.
#pragma once

#include "keys.hpp"
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

// A key as it came: every entry of A is made for this signature.
template <class P>
struct RawKey {
  const uint8_t *bytes;

  QSDM_HD_MEMBER void digest(const qsdm_message &message, uint8_t *mu) const {
    uint8_t tr[TR_BYTES];
    if (message.form != QSDM_FORM_MU) digest_key<P>(bytes, tr);
    digest_message(tr, message, mu);
  }
  // Row `row` of A z - c t1 2^d, in the NTT's domain and over 2^32, below q in size.
  QSDM_HD_MEMBER void product(int row, const Poly (&z)[P::L], const Poly &c, Poly &w) const {
    unpack<T1_BITS>(t1_of(bytes, row), w);
    for (int32_t &value : w.at) value <<= D;
    thread_ntt(w);
    for (int i = 0; i < N; i++) w.at[i] = -multiply(c.at[i], w.at[i]);
    for (int column = 0; column < P::L; column++) add_entry_product(bytes, row, column, z[column], w);
    for (int32_t &value : w.at) value = reduce(value);
  }
};

// A key that was made ready.
template <class P>
struct ReadyKey {
  const ExpandedKey<P> *key;

  QSDM_HD_MEMBER void digest(const qsdm_message &message, uint8_t *mu) const { digest_message(key->tr, message, mu); }
  // Factors up to 9 q and eight products fit what montgomery() takes.
  QSDM_HD_MEMBER void product(int row, const Poly (&z)[P::L], const Poly &c, Poly &w) const {
    QSDM_ROLL
    for (int i = 0; i < N; i += 4) {
      int64_t sums[4];
      int32_t factors[4];
      load_four(key->t1[row].at + i, factors);
      QSDM_UNROLL
      for (int k = 0; k < 4; k++) sums[k] = int64_t{factors[k]} * c.at[i + k];
      QSDM_UNROLL
      for (int column = 0; column < P::L; column++) {
        load_four(key->a[row][column].at + i, factors);
        QSDM_UNROLL
        for (int k = 0; k < 4; k++) sums[k] += int64_t{factors[k]} * z[column].at[i + k];
      }
      QSDM_UNROLL
      for (int k = 0; k < 4; k++) w.at[i + k] = montgomery(sums[k]);
    }
  }

 private:
  // 16 bytes at a time: each thread reads rows of its own.
  static QSDM_HD_MEMBER void load_four(const int32_t *from, int32_t (&to)[4]) {
#if defined(__CUDA_ARCH__)
    const int4 four = __ldg(reinterpret_cast<const int4 *>(from));
    to[0] = four.x;
    to[1] = four.y;
    to[2] = four.z;
    to[3] = four.w;
#else
    memcpy(to, from, sizeof to);
#endif
  }
};

// Of a signature and a key that have the sizes of `P`, and whose message is mu when its form says so.
template <class P, class Key>
QSDM_HD_PART qsdm_refusal thread_verify(const Key &key, const uint8_t *signature, const qsdm_message &message) {
  const uint8_t *hint = hint_of<P>(signature);
  if (!hint_is_canonical<P>(hint)) return QSDM_REFUSED_HINT;
  Poly z[P::L];
  for (int column = 0; column < P::L; column++)
    if (!unpack_z<P>(z_of<P>(signature, column), z[column])) return QSDM_REFUSED_Z_RANGE;

  uint8_t mu[MU_BYTES];
  key.digest(message, mu);
  Poly c;
  sample_in_ball<P>(signature, c);
  thread_ntt(c);
  for (Poly &poly : z) thread_ntt(poly);

  Shake<SHAKE256_RATE> shake;
  begin(shake);
  absorb(shake, mu, MU_BYTES);
  for (int row = 0; row < P::K; row++) {
    Poly w;
    key.product(row, z, c, w);
    thread_inverse_ntt(w);
    for (int32_t &value : w.at) value = canonical(value);
    uint8_t packed[P::W1_BYTES];
    hinted_row<P>(hint, row, w, packed);
    absorb(shake, packed, sizeof packed);
  }
  finish(shake);
  uint8_t challenge[P::CHALLENGE_BYTES];
  squeeze(shake, challenge, sizeof challenge);
  for (int i = 0; i < P::CHALLENGE_BYTES; i++)
    if (challenge[i] != signature[i]) return QSDM_REFUSED_CHALLENGE;
  return QSDM_VALID;
}

}  // namespace qsdm::ml_dsa
