// Key generation, encapsulation and decapsulation (FIPS 203, sections 5 and 6). `L` and `Single` are lanes of Keccak for
// company and for one alone, `A` the arithmetic. The working memory is wiped.
#pragma once

#include "../../core/ml_kem/ntt.hpp"
#include "../../core/ml_kem/packing.hpp"
#include "../../core/ml_kem/sampling.hpp"
#include "../../core/secrets.hpp"
#include "../shake_lanes.hpp"

namespace qsdm::ml_kem {

// Blocks of SHAKE128 that nearly always hold 256 integers below q.
constexpr int USUAL_BLOCKS = 3;
constexpr int SHAKE128_WORDS = SHAKE128_RATE / 8;

// G: two halves of SHA3-512 of 32 bytes and what follows them.
QSDM_HD_PART void derive(const uint8_t *first, const uint8_t *second, size_t second_size, uint8_t (&halves)[64]) {
  Wiped<Shake<SHA3_512_RATE>> shake;
  begin(shake.value);
  absorb(shake.value, first, SEED_BYTES);
  absorb(shake.value, second, second_size);
  finish(shake.value, SHA3_SUFFIX);
  squeeze(shake.value, halves, sizeof halves);
}

template <class L, class Single, class A>
struct Kem {
  static constexpr int W = L::width;

  // Algorithm 13, lines 3 to 7: the matrix, or its transpose.
  static void expand(const uint8_t *rho, bool transposed, Poly (&a)[K][K]) {
    // A block is stored in runs of four words, so each one's end is written over by the next one.
    alignas(64) uint8_t blocks[W][USUAL_BLOCKS * SHAKE128_RATE + 64];
    for (int from = 0; from < K * K; from += W) {
      uint64_t places[W];
      for (int lane = 0; lane < W; lane++) {
        const int number = from + lane < K * K ? from + lane : from;
        const int row = number / K, column = number % K;
        places[lane] = static_cast<uint64_t>(transposed ? row | column << 8 : column | row << 8) | SHAKE_SUFFIX << 16;
      }
      typename L::Word s[25];
      for (int i = 0; i < 4; i++) s[i] = L::splat(load_word(rho + 8 * i));
      s[4] = L::load(places);
      for (int i = 5; i < 25; i++) s[i] = L::splat(i == SHAKE128_WORDS - 1 ? LAST_BIT : 0);
      for (int block = 0; block < USUAL_BLOCKS; block++) {
        keccak_f<L>(s);
        uint8_t *to[W];
        for (int lane = 0; lane < W; lane++) to[lane] = blocks[lane] + block * SHAKE128_RATE;
        store_lanes<L>(s, SHAKE128_WORDS, to);
      }
      for (int lane = 0; lane < W && from + lane < K * K; lane++) {
        const int row = (from + lane) / K, column = (from + lane) % K;
        if (A::take_below_q(blocks[lane], USUAL_BLOCKS * SHAKE128_RATE, a[row][column].at) < N)
          sample_entry(rho, transposed ? row : column, transposed ? column : row, a[row][column]);
      }
    }
  }

  // Algorithm 13, lines 8 to 15: PRF and SamplePolyCBD of the numbers from 0 on.
  static void sample_errors(const uint8_t *seed, Poly *to, int count) {
    alignas(64) uint8_t blocks[W][SHORT_BYTES];
    uint64_t numbers[W];
    typename L::Word s[25];
    for (int from = 0; from < count; from += W) {
      for (int lane = 0; lane < W; lane++) numbers[lane] = static_cast<uint64_t>(from + lane) | SHAKE_SUFFIX << 8;
      for (int i = 0; i < 4; i++) s[i] = L::splat(load_word(seed + 8 * i));
      s[4] = L::load(numbers);
      for (int i = 5; i < 25; i++) s[i] = L::splat(i == RATE_WORDS - 1 ? LAST_BIT : 0);
      keccak_f<L>(s);
      uint8_t *rows[W];
      for (int lane = 0; lane < W; lane++) rows[lane] = blocks[lane];
      store_lanes<L>(s, SHORT_BYTES / 8, rows);
      for (int lane = 0; lane < W && from + lane < count; lane++) sample_short(blocks[lane], to[from + lane]);
    }
    wipe(s, sizeof s);
    wipe(blocks, sizeof blocks);
  }

  static Feed digest_of(const uint8_t *public_key) {
    Feed feed{};
    feed.suffix = SHA3_SUFFIX;
    feed.add(public_key, PUBLIC_KEY_BYTES);
    return feed;
  }
  // H of a public key.
  static void digest(const uint8_t *public_key, uint8_t *to) {
    Feed feed = digest_of(public_key);
    uint8_t *out[] = {to};
    shake_lanes<Single>(&feed, out, DIGEST_BYTES);
  }

  static void add(const Poly &what, Poly &to) {
    for (int i = 0; i < N; i++) to.at[i] = reduce(to.at[i] + what.at[i]);
  }

  struct KeygenRoom {
    Poly a[K][K];
    // s, then e.
    Poly errors[2 * K];
    Factor s[K];
    Poly t;
    uint8_t seeds[64];
  };

  // Algorithms 13, K-PKE.KeyGen, and 16, ML-KEM.KeyGen_internal.
  static void generate(const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key) {
    Wiped<KeygenRoom> wiped;
    KeygenRoom &room = wiped.value;
    // Here, where a copy of it that the compiler puts aside is written over; at the end one stayed on the stack.
    memcpy(secret_key + Z_AT, seed + SEED_BYTES, SEED_BYTES);
    const uint8_t rank = K;
    derive(seed, &rank, 1, room.seeds);
    uint8_t *rho = public_key + VECTOR_BYTES;
    memcpy(rho, room.seeds, SEED_BYTES);
    // rho is part of the public key.
    declassify(rho, SEED_BYTES);
    expand(rho, false, room.a);
    sample_errors(room.seeds + SEED_BYTES, room.errors, 2 * K);
    for (Poly &poly : room.errors) A::ntt(poly);
    for (int i = 0; i < K; i++) {
      A::make_factor(room.errors[i], room.s[i]);
      pack_whole(room.errors[i], secret_key + i * packed_bytes(WHOLE));
    }
    for (int row = 0; row < K; row++) {
      A::sum_of_products(room.a[row], room.s, room.t);
      for (int16_t &value : room.t.at) value = multiply(value, RESTORE);
      add(room.errors[K + row], room.t);
      pack_whole(room.t, public_key + row * packed_bytes(WHOLE));
    }
    declassify(public_key, PUBLIC_KEY_BYTES);
    memcpy(secret_key + PUBLIC_KEY_AT, public_key, PUBLIC_KEY_BYTES);
    digest(public_key, secret_key + DIGEST_AT);
  }

  struct EncryptRoom {
    Poly a[K][K];
    Poly t[K];
    // y, e1 and e2.
    Poly errors[2 * K + 1];
    Factor y[K];
    Poly sum;
  };

  // Algorithm 14, K-PKE.Encrypt, of the key's vector that lies in `room.t`.
  static void encrypt(EncryptRoom &room, const uint8_t *rho, const uint8_t *message, const uint8_t *seed,
                      uint8_t *ciphertext) {
    expand(rho, true, room.a);
    sample_errors(seed, room.errors, 2 * K + 1);
    for (int i = 0; i < K; i++) {
      A::ntt(room.errors[i]);
      A::make_factor(room.errors[i], room.y[i]);
    }
    for (int row = 0; row < K; row++) {
      A::sum_of_products(room.a[row], room.y, room.sum);
      A::inverse_ntt(room.sum);
      add(room.errors[K + row], room.sum);
      pack_compressed<DU>(room.sum, ciphertext + row * packed_bytes(DU));
    }
    A::sum_of_products(room.t, room.y, room.sum);
    A::inverse_ntt(room.sum);
    Poly &error = room.errors[2 * K];
    for (int i = 0; i < N; i++)
      // Half of q, rounded up, where the bit is set.
      error.at[i] = static_cast<int16_t>(error.at[i] + (-(message[i / 8] >> i % 8 & 1) & (Q + 1) / 2));
    add(error, room.sum);
    pack_compressed<DV>(room.sum, ciphertext + K * packed_bytes(DU));
  }

  // Reads a public key's vector. False where a coefficient is not below q.
  static bool read_key(const uint8_t *public_key, Poly (&t)[K]) {
    int32_t wrong = 0;
    for (int i = 0; i < K; i++) wrong |= unpack_whole(public_key + i * packed_bytes(WHOLE), t[i]);
    return wrong >= 0;
  }

  // Algorithm 17, ML-KEM.Encaps_internal.
  static bool encapsulate(const uint8_t *public_key, const uint8_t *message, uint8_t *ciphertext, uint8_t *secret) {
    Wiped<EncryptRoom> room;
    if (!read_key(public_key, room.value.t)) return false;
    uint8_t key_digest[DIGEST_BYTES];
    digest(public_key, key_digest);
    uint8_t halves[64];
    derive(message, key_digest, sizeof key_digest, halves);
    encrypt(room.value, public_key + VECTOR_BYTES, message, halves + SEED_BYTES, ciphertext);
    // It goes to whoever has the secret key.
    declassify(ciphertext, CIPHERTEXT_BYTES);
    memcpy(secret, halves, QSDM_KEM_SECRET_BYTES);
    wipe(halves, sizeof halves);
    return true;
  }

  struct DecryptRoom {
    Poly s[K];
    Factor u[K];
    Poly poly, sum;
  };

  // Algorithm 15, K-PKE.Decrypt.
  static void decrypt(const uint8_t *secret_key, const uint8_t *ciphertext, uint8_t *message) {
    Wiped<DecryptRoom> wiped;
    DecryptRoom &room = wiped.value;
    for (int i = 0; i < K; i++) {
      (void)unpack_whole(secret_key + i * packed_bytes(WHOLE), room.s[i]);
      unpack_compressed<DU>(ciphertext + i * packed_bytes(DU), room.poly);
      A::ntt(room.poly);
      A::make_factor(room.poly, room.u[i]);
    }
    A::sum_of_products(room.s, room.u, room.sum);
    A::inverse_ntt(room.sum);
    unpack_compressed<DV>(ciphertext + K * packed_bytes(DU), room.poly);
    for (int i = 0; i < N; i++) room.sum.at[i] = reduce(room.poly.at[i] - room.sum.at[i]);
    pack_compressed<1>(room.sum, message);
  }

  // What decapsulation takes besides; to be wiped.
  struct DecapsulateRoom {
    EncryptRoom encrypt;
    uint8_t message[SEED_BYTES];
    uint8_t halves[64];
    uint8_t ciphertext[CIPHERTEXT_BYTES];
    uint8_t rejection[QSDM_KEM_SECRET_BYTES];
    uint8_t key_digest[DIGEST_BYTES];
  };

  // Algorithm 18, ML-KEM.Decaps_internal.
  static bool decapsulate(const uint8_t *secret_key, const uint8_t *ciphertext, uint8_t *secret) {
    Wiped<DecapsulateRoom> wiped;
    DecapsulateRoom &room = wiped.value;
    const uint8_t *public_key = secret_key + PUBLIC_KEY_AT, *key_digest = secret_key + DIGEST_AT;
    // H of the public key, and J: what the secret is where the ciphertext is nobody's.
    Feed feeds[W < 2 ? 2 : W] = {digest_of(public_key), {}};
    feeds[1].add(secret_key + Z_AT, SEED_BYTES);
    feeds[1].add(ciphertext, CIPHERTEXT_BYTES);
    uint8_t *out[W < 2 ? 2 : W] = {room.key_digest, room.rejection};
    if constexpr (W == 1) {
      shake_lanes<Single>(feeds, out, DIGEST_BYTES);
      shake_lanes<Single>(feeds + 1, out + 1, DIGEST_BYTES);
    } else {
      hash_in_step<L, Single>(feeds, out, 2, DIGEST_BYTES);
    }
    // The public key and its digest are no secrets.
    if (memcmp(room.key_digest, key_digest, DIGEST_BYTES) != 0) return false;

    decrypt(secret_key, ciphertext, room.message);
    derive(room.message, key_digest, DIGEST_BYTES, room.halves);
    // A key that somebody else made may have coefficients that are not below q; they are reduced, as section 4.2.1 does.
    (void)read_key(public_key, room.encrypt.t);
    encrypt(room.encrypt, public_key + VECTOR_BYTES, room.message, room.halves + SEED_BYTES, room.ciphertext);
    uint32_t difference = 0;
    for (int i = 0; i < CIPHERTEXT_BYTES; i++) difference |= static_cast<uint32_t>(room.ciphertext[i] ^ ciphertext[i]);
    // All ones where there is a difference.
    const auto rejected = static_cast<uint8_t>((0 - difference) >> 24);
    for (int i = 0; i < QSDM_KEM_SECRET_BYTES; i++)
      secret[i] = static_cast<uint8_t>(room.halves[i] ^ (rejected & (room.halves[i] ^ room.rejection[i])));
    return true;
  }
};

}  // namespace qsdm::ml_kem
