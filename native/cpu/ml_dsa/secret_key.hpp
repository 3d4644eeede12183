// A secret key made ready to sign, and how one is made of a seed (FIPS 204, algorithms 6, 24 and 25).
#pragma once

#include <new>

#include "../../core/ml_dsa/message.hpp"
#include "../../core/ml_dsa/rounding.hpp"
#include "../../core/ml_dsa/secret_sampling.hpp"
#include "expand.hpp"

namespace qsdm::ml_dsa {

// Blocks that nearly always hold 256 half bytes below 15.
constexpr int SHORT_BLOCKS = 2;

// What making a key takes besides; to be wiped.
template <class P, int W>
struct KeygenRoom {
  Poly a[P::K][P::L];
  uint8_t seeds[SEED_BYTES + 64 + SEED_BYTES];
  Poly vectors[P::L + P::K];
  Poly s1[P::L];
  Poly t;
  alignas(64) uint8_t blocks[W][SHORT_BLOCKS * SHAKE256_RATE + 64];
};

// The state of SHAKE256 of a seed of 64 bytes and a number of its own for each lane.
template <class L>
QSDM_HD void begin_numbered_lanes(typename L::Word (&s)[25], const uint8_t *seed, int first) {
  for (int i = 0; i < 8; i++) s[i] = L::splat(load_word(seed + 8 * i));
  uint64_t numbers[L::width];
  for (int lane = 0; lane < L::width; lane++) numbers[lane] = static_cast<uint64_t>(first + lane) | SHAKE_SUFFIX << 16;
  s[8] = L::load(numbers);
  for (int i = 9; i < 25; i++) s[i] = L::splat(i == RATE_WORDS - 1 ? LAST_BIT : 0);
}

// Squeezes `blocks` blocks of every lane, each lane's after each other, with room for four words more.
template <class L>
QSDM_HD void squeeze_lanes(typename L::Word (&s)[25], int blocks, uint8_t *to, size_t stride) {
  for (int block = 0; block < blocks; block++) {
    keccak_f<L>(s);
    uint8_t *rows[L::width];
    for (int lane = 0; lane < L::width; lane++)
      rows[lane] = to + static_cast<size_t>(lane) * stride + block * SHAKE256_RATE;
    store_lanes<L>(s, RATE_WORDS, rows);
  }
}

template <class P, class L, class A>
struct Keys {
  static constexpr int W = L::width;
  using Room = KeygenRoom<P, W>;

  // Algorithm 33, ExpandS: s1 and s2 one after the other.
  static void sample_vectors(Room &room, const uint8_t *seed) {
    constexpr int COUNT = P::L + P::K;
    for (int first = 0; first < COUNT; first += W) {
      typename L::Word s[25];
      begin_numbered_lanes<L>(s, seed, first);
      squeeze_lanes<L>(s, SHORT_BLOCKS, room.blocks[0], sizeof room.blocks[0]);
      for (int lane = 0; lane < W && first + lane < COUNT; lane++) {
        Poly &poly = room.vectors[first + lane];
        if (take_short(room.blocks[lane], SHORT_BLOCKS * SHAKE256_RATE, poly.at, 0) < N)
          sample_short(seed, first + lane, poly);
      }
      wipe(s, sizeof s);
    }
  }

  static void pack_short(const Poly &poly, uint8_t *to) {
    Wiped<Poly> raised;
    for (int i = 0; i < N; i++) raised.value.at[i] = ETA - poly.at[i];
    pack<ETA_BITS>(raised.value, to);
  }

  // t = A s1 + s2, as its two halves.
  static void pack_rows(Room &room, const Poly (&a)[P::K][P::L], uint8_t *public_key, uint8_t *t0) {
    for (int row = 0; row < P::K; row++) {
      Poly &t = room.t;
      A::sum_of_products(a[row], room.s1, P::L, t);
      A::inverse_ntt(t);
      for (int i = 0; i < N; i++) t.at[i] = canonical(reduce(t.at[i] + room.vectors[P::L + row].at[i]));
      Wiped<Poly> high;
      for (int i = 0; i < N; i++) {
        high.value.at[i] = rounded(t.at[i]);
        t.at[i] = (1 << (D - 1)) - (t.at[i] - (high.value.at[i] << D));
      }
      pack<T1_BITS>(high.value, public_key + SEED_BYTES + row * packed_bytes(T1_BITS));
      pack<T0_BITS>(t, t0 + row * packed_bytes(T0_BITS));
    }
  }

  // Algorithm 6, KeyGen_internal. False without memory.
  static bool generate(const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key) {
    auto *room = new (std::nothrow) Room;
    if (!room) return false;
    const uint8_t sizes[2] = {P::K, P::L};
    Wiped<Shake<SHAKE256_RATE>> shake;
    begin(shake.value);
    absorb(shake.value, seed, SEED_BYTES);
    absorb(shake.value, sizes, sizeof sizes);
    finish(shake.value);
    squeeze(shake.value, room->seeds, sizeof room->seeds);
    // rho is part of the public key.
    declassify(room->seeds, SEED_BYTES);
    expand_matrix<P, L, A>(room->seeds, room->a);
    sample_vectors(*room, room->seeds + SEED_BYTES);
    for (int i = 0; i < P::L; i++) {
      room->s1[i] = room->vectors[i];
      A::ntt(room->s1[i]);
    }
    memcpy(public_key, room->seeds, SEED_BYTES);
    uint8_t *tr = secret_key + 2 * SEED_BYTES, *vectors = tr + TR_BYTES;
    pack_rows(*room, room->a, public_key, vectors + (P::K + P::L) * packed_bytes(ETA_BITS));
    declassify(public_key, P::PUBLIC_KEY_BYTES);
    memcpy(secret_key, room->seeds, SEED_BYTES);
    memcpy(secret_key + SEED_BYTES, room->seeds + SEED_BYTES + 64, SEED_BYTES);
    digest_key<P>(public_key, tr);
    for (int i = 0; i < P::L + P::K; i++) pack_short(room->vectors[i], vectors + i * packed_bytes(ETA_BITS));
    wipe(room, sizeof *room);
    delete room;
    return true;
  }

  // Reads a secret key (algorithm 25, skDecode). False where a short coefficient is none: that much may be known.
  static bool load(const uint8_t *bytes, SecretKey<P> &key) {
    expand_matrix<P, L, A>(bytes, key.a);
    memcpy(key.hedge_key, bytes + SEED_BYTES, SEED_BYTES);
    memcpy(key.tr, bytes + 2 * SEED_BYTES, TR_BYTES);
    declassify(key.tr, TR_BYTES);
    int32_t wrong = 0;
    const uint8_t *vectors = short_vectors_of(bytes);
    for (int i = 0; i < P::L + P::K; i++) {
      Poly &poly = i < P::L ? key.s1[i] : key.s2[i - P::L];
      unpack<ETA_BITS>(vectors + i * packed_bytes(ETA_BITS), poly);
      for (int32_t &value : poly.at) {
        wrong |= 2 * ETA - value;
        value = ETA - value;
      }
      A::ntt(poly);
    }
    for (int row = 0; row < P::K; row++) {
      unpack<T0_BITS>(t0_of<P>(bytes) + row * packed_bytes(T0_BITS), key.t0[row]);
      for (int32_t &value : key.t0[row].at) value = (1 << (D - 1)) - value;
      A::ntt(key.t0[row]);
    }
    return declassified(wrong >= 0);
  }
};

}  // namespace qsdm::ml_dsa
