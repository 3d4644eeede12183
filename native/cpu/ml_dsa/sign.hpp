// Signing (FIPS 204, algorithm 7). No branch and no address depends on a secret, but for what each attempt shows anyway:
// its challenge, and whether it was refused.
#pragma once

#include "secret_key.hpp"

namespace qsdm::ml_dsa {

constexpr int MASK_BLOCKS = 5;
// All that an attempt takes; to be wiped.
template <class P, int W>
struct SignRoom {
  uint8_t mu[MU_BYTES];
  uint8_t mask_seed[64];
  Poly y[P::L], z[P::L];
  Poly c;
  // Low parts of w, and then less c s2.
  Poly low[P::K], high[P::K];
  Poly hint[P::K];
  Poly product;
  uint8_t w1[P::K * P::W1_BYTES];
  uint8_t challenge[P::CHALLENGE_BYTES];
  alignas(64) uint8_t blocks[W][MASK_BLOCKS * SHAKE256_RATE + 64];
};

template <class P, class L, class A>
struct Signing {
  static constexpr int W = L::width;
  using Room = SignRoom<P, W>;

  // Algorithm 34, ExpandMask.
  static void mask(Room &room, int counter) {
    for (int first = 0; first < P::L; first += W) {
      typename L::Word s[25];
      begin_numbered_lanes<L>(s, room.mask_seed, counter + first);
      squeeze_lanes<L>(s, MASK_BLOCKS, room.blocks[0], sizeof room.blocks[0]);
      for (int lane = 0; lane < W && first + lane < P::L; lane++) {
        Poly &y = room.y[first + lane];
        unpack<P::Z_BITS>(room.blocks[lane], y);
        for (int32_t &value : y.at) value = P::GAMMA1 - value;
      }
      wipe(s, sizeof s);
    }
  }

  // w = A y, its two parts, and the challenge.
  static void commit(Room &room, const SecretKey<P> &key) {
    for (int i = 0; i < P::L; i++) {
      room.z[i] = room.y[i];
      A::ntt(room.z[i]);
    }
    for (int row = 0; row < P::K; row++) {
      Poly &low = room.low[row], &high = room.high[row];
      A::sum_of_products(key.a[row], room.z, P::L, low);
      A::inverse_ntt(low);
      for (int i = 0; i < N; i++) {
        const int32_t value = canonical(low.at[i]);
        high.at[i] = high_bits<P>(value);
        low.at[i] = low_bits<P>(value, high.at[i]);
      }
      pack<P::W1_BITS>(high, room.w1 + row * P::W1_BYTES);
    }
    Wiped<Shake<SHAKE256_RATE>> shake;
    begin(shake.value);
    absorb(shake.value, room.mu, MU_BYTES);
    absorb(shake.value, room.w1, sizeof room.w1);
    finish(shake.value);
    squeeze(shake.value, room.challenge, sizeof room.challenge);
    // Of a signature it is a part; of an attempt that is refused it is a hash of a commitment that nobody sees.
    declassify(room.challenge, sizeof room.challenge);
    sample_in_ball<P>(room.challenge, room.c);
    A::ntt(room.c);
  }

  // The product of the challenge and a secret that is small, in its smallest representative.
  static void times_challenge(Room &room, const Poly &secret) {
    A::multiply(room.c, secret, room.product);
    A::inverse_ntt(room.product);
    for (int32_t &value : room.product.at) value = reduce(value);
  }

  // z = y + c s1, and whether it may be shown.
  static bool respond(Room &room, const SecretKey<P> &key) {
    int32_t refused = 0;
    for (int column = 0; column < P::L; column++) {
      times_challenge(room, key.s1[column]);
      for (int i = 0; i < N; i++) {
        const int32_t value = room.y[column].at[i] + room.product.at[i];
        room.z[column].at[i] = value;
        refused |= beyond(value, P::GAMMA1 - P::BETA);
      }
    }
    // An attempt is refused or not whatever the secret is.
    return declassified(refused == 0);
  }

  // Whether w - c s2 has low parts that tell nothing of c s2.
  static bool low_parts_fit(Room &room, const SecretKey<P> &key) {
    int32_t refused = 0;
    for (int row = 0; row < P::K; row++) {
      times_challenge(room, key.s2[row]);
      for (int i = 0; i < N; i++) {
        int32_t &low = room.low[row].at[i];
        low -= room.product.at[i];
        refused |= beyond(low, P::GAMMA2 - P::BETA);
      }
    }
    return declassified(refused == 0);
  }

  // The hints for a verifier, who does not know t0, and whether there are few enough.
  static bool hints_fit(Room &room, const SecretKey<P> &key) {
    int32_t refused = 0, count = 0;
    for (int row = 0; row < P::K; row++) {
      times_challenge(room, key.t0[row]);
      for (int i = 0; i < N; i++) {
        refused |= beyond(room.product.at[i], P::GAMMA2);
        const int32_t bit = hint_bit<P>(room.low[row].at[i] + room.product.at[i], room.high[row].at[i]);
        room.hint[row].at[i] = bit;
        count += bit;
      }
    }
    return declassified((refused | (P::OMEGA - count) >> 31) == 0);
  }

  static void encode(Room &room, uint8_t *signature) {
    memcpy(signature, room.challenge, P::CHALLENGE_BYTES);
    for (int column = 0; column < P::L; column++) {
      for (int32_t &value : room.z[column].at) value = P::GAMMA1 - value;
      pack<P::Z_BITS>(room.z[column], signature + P::CHALLENGE_BYTES + column * P::Z_BYTES);
    }
    uint8_t *hint = signature + P::CHALLENGE_BYTES + P::L * P::Z_BYTES;
    // The hints are part of the signature, in a form whose making branches on them.
    declassify(room.hint, sizeof room.hint);
    memset(hint, 0, P::HINT_BYTES);
    int count = 0;
    for (int row = 0; row < P::K; row++) {
      for (int i = 0; i < N; i++)
        if (room.hint[row].at[i]) hint[count++] = static_cast<uint8_t>(i);
      hint[P::OMEGA + row] = static_cast<uint8_t>(count);
    }
    declassify(signature, P::SIGNATURE_BYTES);
  }

  static void begin_attempts(Room &room, const SecretKey<P> &key, const qsdm_message &message, const uint8_t *rnd) {
    digest_message(key.tr, message, room.mu);
    Wiped<Shake<SHAKE256_RATE>> shake;
    begin(shake.value);
    absorb(shake.value, key.hedge_key, SEED_BYTES);
    absorb(shake.value, rnd, RND_BYTES);
    absorb(shake.value, room.mu, MU_BYTES);
    finish(shake.value);
    squeeze(shake.value, room.mask_seed, sizeof room.mask_seed);
  }

  // QSDM_VALID, QSDM_REFUSED_ATTEMPTS, or -1 without memory. `rnd` of zeros signs deterministically.
  static int sign(const SecretKey<P> &key, const qsdm_message &message, const uint8_t *rnd, uint8_t *signature) {
    auto *room = new (std::nothrow) Room;
    if (!room) return -1;
    begin_attempts(*room, key, message, rnd);
    int status = QSDM_REFUSED_ATTEMPTS;
    for (int attempt = 0; attempt < MOST_ATTEMPTS && status != QSDM_VALID; attempt++) {
      mask(*room, attempt * P::L);
      commit(*room, key);
      if (respond(*room, key) && low_parts_fit(*room, key) && hints_fit(*room, key)) status = QSDM_VALID;
    }
    if (status == QSDM_VALID) encode(*room, signature);
    wipe(room, sizeof *room);
    delete room;
    return status;
  }
};

}  // namespace qsdm::ml_dsa
