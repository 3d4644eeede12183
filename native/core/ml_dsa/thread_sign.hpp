// Signing by threads of a GPU (FIPS 204, algorithm 7): what all attempts of a signature share, and one attempt. As
// cpu/ml_dsa/sign.hpp does it, in the memory of a thread: w is kept where its low parts and then its hints come to lie.
// No branch and no address depends on a secret, but for what an attempt shows anyway.
#pragma once

#include "../secrets.hpp"
#include "keys.hpp"
#include "message.hpp"
#include "packing.hpp"
#include "rounding.hpp"
#include "sampling.hpp"
#include "thread_ntt.hpp"

namespace qsdm::ml_dsa {

// To be wiped once the signature is made.
struct SigningSeed {
  uint8_t mu[MU_BYTES];
  uint8_t mask[64];
};

// Of a message whose sizes have been looked at. `rnd` of zeros signs deterministically.
template <class P>
QSDM_HD_PART void thread_begin_signing(const SecretKey<P> &key, const qsdm_message &message, const uint8_t *rnd,
                                       SigningSeed &seed) {
  digest_message(key.tr, message, seed.mu);
  Wiped<Shake<SHAKE256_RATE>> shake;
  begin(shake.value);
  absorb(shake.value, key.hedge_key, SEED_BYTES);
  absorb(shake.value, rnd, RND_BYTES);
  absorb(shake.value, seed.mu, MU_BYTES);
  finish(shake.value);
  squeeze(shake.value, seed.mask, sizeof seed.mask);
}

constexpr int THREAD_MASK_BLOCKS = 5;

// All that an attempt takes.
template <class P>
struct AttemptRoom {
  // y, and then z.
  Poly y[P::L];
  // w, then its low parts less c s2, then the hints.
  Poly w[P::K];
  Poly c, product;
  uint8_t bytes[THREAD_MASK_BLOCKS * SHAKE256_RATE];
};

// Algorithm 34, ExpandMask, for one polynomial.
template <class P>
QSDM_HD_CALL void thread_mask(const uint8_t *seed, int number, uint8_t *bytes, Poly &y) {
  static_assert(P::Z_BYTES <= THREAD_MASK_BLOCKS * SHAKE256_RATE);
  uint64_t s[25];
  for (int i = 0; i < 8; i++) s[i] = load_word(seed + 8 * i);
  s[8] = static_cast<uint64_t>(number) | SHAKE_SUFFIX << 16;
  for (int i = 9; i < 25; i++) s[i] = i == RATE_WORDS - 1 ? LAST_BIT : 0;
  QSDM_ROLL
  for (int block = 0; block < THREAD_MASK_BLOCKS; block++) {
    keccak_f<One<1>>(s);
    for (int i = 0; i < RATE_WORDS; i++) store_word(bytes + block * SHAKE256_RATE + 8 * i, s[i]);
  }
  unpack<P::Z_BITS>(bytes, y);
  for (int32_t &value : y.at) value = P::GAMMA1 - value;
  wipe(s, sizeof s);
}

// w = A y, and the challenge.
template <class P>
QSDM_HD_CALL void thread_commit(AttemptRoom<P> &room, const SecretKey<P> &key, const SigningSeed &seed, int attempt,
                                uint8_t *challenge) {
  for (Poly &row : room.w)
    for (int32_t &value : row.at) value = 0;
  QSDM_ROLL
  for (int column = 0; column < P::L; column++) {
    thread_mask<P>(seed.mask, attempt * P::L + column, room.bytes, room.y[column]);
    room.product = room.y[column];
    thread_ntt(room.product);
    QSDM_ROLL
    for (int row = 0; row < P::K; row++)
      for (int i = 0; i < N; i++) room.w[row].at[i] += multiply(key.a[row][column].at[i], room.product.at[i]);
  }
  Wiped<Shake<SHAKE256_RATE>> shake;
  begin(shake.value);
  absorb(shake.value, seed.mu, MU_BYTES);
  QSDM_ROLL
  for (Poly &row : room.w) {
    for (int32_t &value : row.at) value = reduce(value);
    thread_inverse_ntt(row);
    for (int i = 0; i < N; i++) {
      row.at[i] = canonical(row.at[i]);
      room.product.at[i] = high_bits<P>(row.at[i]);
    }
    pack<P::W1_BITS>(room.product, room.bytes);
    absorb(shake.value, room.bytes, P::W1_BYTES);
  }
  finish(shake.value);
  squeeze(shake.value, challenge, P::CHALLENGE_BYTES);
  // Of a signature it is a part; of an attempt that is refused it is a hash of a commitment that nobody sees.
  declassify(challenge, P::CHALLENGE_BYTES);
}

// The product of the challenge and a secret that is small, in its smallest representative.
template <class P>
QSDM_HD_CALL void thread_times_challenge(AttemptRoom<P> &room, const Poly &secret) {
  for (int i = 0; i < N; i++) room.product.at[i] = multiply(room.c.at[i], secret.at[i]);
  thread_inverse_ntt(room.product);
  for (int32_t &value : room.product.at) value = reduce(value);
}

// z = y + c s1 in the place of y, and whether it may be shown.
template <class P>
QSDM_HD_CALL bool thread_respond(AttemptRoom<P> &room, const SecretKey<P> &key) {
  int32_t refused = 0;
  QSDM_ROLL
  for (int column = 0; column < P::L; column++) {
    thread_times_challenge<P>(room, key.s1[column]);
    for (int i = 0; i < N; i++) {
      room.y[column].at[i] += room.product.at[i];
      refused |= beyond(room.y[column].at[i], P::GAMMA1 - P::BETA);
    }
  }
  return declassified(refused == 0);
}

// Twice the low parts of w, less c s2, and one where the high part is not 0, in the place of w; and whether they tell
// nothing of c s2.
template <class P>
QSDM_HD_CALL bool thread_low_parts_fit(AttemptRoom<P> &room, const SecretKey<P> &key) {
  int32_t refused = 0;
  QSDM_ROLL
  for (int row = 0; row < P::K; row++) {
    thread_times_challenge<P>(room, key.s2[row]);
    for (int i = 0; i < N; i++) {
      const int32_t high = high_bits<P>(room.w[row].at[i]);
      const int32_t low = low_bits<P>(room.w[row].at[i], high) - room.product.at[i];
      refused |= beyond(low, P::GAMMA2 - P::BETA);
      room.w[row].at[i] = low * 2 | (-high >> 31 & 1);
    }
  }
  return declassified(refused == 0);
}

// The hints in the place of those, and whether there are few enough.
template <class P>
QSDM_HD_CALL bool thread_hints_fit(AttemptRoom<P> &room, const SecretKey<P> &key) {
  int32_t refused = 0, count = 0;
  QSDM_ROLL
  for (int row = 0; row < P::K; row++) {
    thread_times_challenge<P>(room, key.t0[row]);
    for (int i = 0; i < N; i++) {
      refused |= beyond(room.product.at[i], P::GAMMA2);
      int32_t &value = room.w[row].at[i];
      value = hint_bit<P>((value >> 1) + room.product.at[i], value & 1);
      count += value;
    }
  }
  return declassified((refused | (P::OMEGA - count) >> 31) == 0);
}

template <class P>
QSDM_HD_CALL void thread_encode(AttemptRoom<P> &room, uint8_t *signature) {
  QSDM_ROLL
  for (int column = 0; column < P::L; column++) {
    for (int32_t &value : room.y[column].at) value = P::GAMMA1 - value;
    pack<P::Z_BITS>(room.y[column], signature + P::CHALLENGE_BYTES + column * P::Z_BYTES);
  }
  uint8_t *hint = signature + P::CHALLENGE_BYTES + P::L * P::Z_BYTES;
  // The hints are part of the signature, in a form whose making branches on them.
  declassify(room.w, sizeof room.w);
  for (int i = 0; i < P::HINT_BYTES; i++) hint[i] = 0;
  int count = 0;
  QSDM_ROLL
  for (int row = 0; row < P::K; row++) {
    for (int i = 0; i < N; i++)
      if (room.w[row].at[i]) hint[count++] = static_cast<uint8_t>(i);
    hint[P::OMEGA + row] = static_cast<uint8_t>(count);
  }
  declassify(signature, P::SIGNATURE_BYTES);
}

// Whether the attempt may be shown; it is written where there is a place.
template <class P>
QSDM_HD_PART bool thread_sign(const SecretKey<P> &key, const SigningSeed &seed, int attempt, uint8_t *signature) {
  Wiped<AttemptRoom<P>> wiped;
  AttemptRoom<P> &room = wiped.value;
  uint8_t challenge[P::CHALLENGE_BYTES];
  thread_commit<P>(room, key, seed, attempt, challenge);
  sample_in_ball<P>(challenge, room.c);
  thread_ntt(room.c);
  if (!thread_respond<P>(room, key) || !thread_low_parts_fit<P>(room, key) || !thread_hints_fit<P>(room, key))
    return false;
  if (!signature) return true;
  memcpy(signature, challenge, P::CHALLENGE_BYTES);
  thread_encode<P>(room, signature);
  return true;
}

}  // namespace qsdm::ml_dsa
