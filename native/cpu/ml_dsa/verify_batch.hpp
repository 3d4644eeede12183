// Verification of batches, as many signatures in step as there are lanes: each hash runs over all of them, and what is
// refused without a hash takes no lane. `L` and `Single` are lanes of Keccak for company and for one alone, `A` the
// arithmetic.
#pragma once

#include <new>

#include "../../core/ml_dsa/verify.hpp"
#include "expand.hpp"
#include "key_cache.hpp"

namespace qsdm::ml_dsa {

template <class P, int W>
struct VerifyRoom {
  Poly z[W][P::L];
  ExpandedKey<P> expanded;
  // z and the challenge in the NTT's domain.
  Poly factors[P::L + 1];
  Poly w;
  alignas(64) uint8_t w1[W][P::K * P::W1_BYTES];
  uint8_t tr[W][TR_BYTES];
  uint8_t mu[W][MU_BYTES];
  uint8_t block[W][SHAKE256_RATE];
  uint8_t head[W][2];
  // The key that `expanded` is of.
  const uint8_t *key;
};

// A signature that has a lane.
struct InStep {
  const qsdm_signed *what;
  uint8_t *verdict;
  KeyEntry *entry;
};

template <class P, class L, class Single, class A>
struct Verifier {
  static constexpr int W = L::width;
  using Room = VerifyRoom<P, W>;

  // What a signature is refused for before anything is hashed.
  static qsdm_refusal look(const qsdm_signed &what, Poly (&z)[P::L]) {
    const qsdm_refusal sizes = check_sizes<P>(what);
    if (sizes != QSDM_VALID) return sizes;
    if (!hint_is_canonical<P>(hint_of<P>(what.signature))) return QSDM_REFUSED_HINT;
    for (int column = 0; column < P::L; column++)
      if (!unpack_z<P>(z_of<P>(what.signature, column), z[column])) return QSDM_REFUSED_Z_RANGE;
    return QSDM_VALID;
  }

  // Digests of the keys that are not in the cache.
  static void digest_keys(Room &room, const InStep *lanes, int count) {
    Feed feeds[W];
    uint8_t *out[W] = {};
    int fresh = 0;
    for (int lane = 0; lane < count; lane++) {
      if (lanes[lane].entry || lanes[lane].what->message.form == QSDM_FORM_MU) continue;
      feeds[fresh] = {};
      feeds[fresh].add(lanes[lane].what->public_key, P::PUBLIC_KEY_BYTES);
      out[fresh++] = room.tr[lane];
    }
    if (fresh > 0) hash_in_step<L, Single>(feeds, out, fresh, TR_BYTES);
  }

  static void digest_messages(Room &room, const InStep *lanes, int count) {
    Feed feeds[W];
    uint8_t *out[W] = {};
    int hashed = 0;
    for (int lane = 0; lane < count; lane++) {
      const qsdm_message &message = lanes[lane].what->message;
      if (message.form == QSDM_FORM_MU) {
        memcpy(room.mu[lane], message.bytes, MU_BYTES);
        continue;
      }
      Feed &feed = feeds[hashed] = {};
      feed.add(lanes[lane].entry ? expansion(lanes[lane].entry).tr : room.tr[lane], TR_BYTES);
      if (message.form == QSDM_FORM_PURE) {
        room.head[lane][0] = 0;
        room.head[lane][1] = static_cast<uint8_t>(message.context_size);
        feed.add(room.head[lane], 2);
        feed.add(message.context, message.context_size);
      }
      feed.add(message.bytes, message.size);
      out[hashed++] = room.mu[lane];
    }
    if (hashed > 0) hash_in_step<L, Single>(feeds, out, hashed, MU_BYTES);
  }

  // A block of SHAKE256 of each challenge, for SampleInBall.
  static void digest_challenges(Room &room, const InStep *lanes, int count) {
    Feed feeds[W];
    uint8_t *out[W] = {};
    for (int lane = 0; lane < count; lane++) {
      feeds[lane] = {};
      feeds[lane].add(lanes[lane].what->signature, P::CHALLENGE_BYTES);
      out[lane] = room.block[lane];
    }
    hash_in_step<L, Single>(feeds, out, count, SHAKE256_RATE);
  }

  static const ExpandedKey<P> &expansion(const KeyEntry *entry) {
    return *static_cast<const ExpandedKey<P> *>(KeyCache::expansion_of(entry));
  }

  static const ExpandedKey<P> &ready(Room &room, const InStep &lane, const uint8_t *tr, KeyCache *cache) {
    if (lane.entry) return expansion(lane.entry);
    const uint8_t *key = lane.what->public_key;
    if (room.key && memcmp(room.key, key, P::PUBLIC_KEY_BYTES) == 0) return room.expanded;
    expand_key<P, L, A>(key, room.expanded);
    room.key = key;
    if (cache && lane.what->message.form != QSDM_FORM_MU && cache->worth_keeping(key)) {
      memcpy(room.expanded.tr, tr, TR_BYTES);
      cache->keep(key, &room.expanded);
    }
    return room.expanded;
  }

  // SampleInBall of a block that was hashed; one that is too short is begun again.
  static void challenge_of(const uint8_t *block, const uint8_t *challenge, Poly &c) {
    int at = 8;
    const auto next = [&]() -> int { return at < SHAKE256_RATE ? block[at++] : (at++, 0); };
    place_signs<P>(load_word(block), next, c);
    if (at > SHAKE256_RATE) sample_in_ball<P>(challenge, c);
  }

  static void commit(Room &room, const InStep &lane, int number, const ExpandedKey<P> &key) {
    for (int column = 0; column < P::L; column++) {
      room.factors[column] = room.z[number][column];
      A::ntt(room.factors[column]);
    }
    challenge_of(room.block[number], lane.what->signature, room.factors[P::L]);
    A::ntt(room.factors[P::L]);
    for (int row = 0; row < P::K; row++) {
      A::sum_of_products_and(key.a[row], room.factors, P::L, key.t1[row], room.factors[P::L], room.w);
      A::inverse_ntt(room.w);
      for (int32_t &value : room.w.at) value = canonical(value);
      hinted_row<P>(hint_of<P>(lane.what->signature), row, room.w, room.w1[number] + row * P::W1_BYTES);
    }
  }

  static void compare(Room &room, const InStep *lanes, int count) {
    Feed feeds[W];
    uint8_t *out[W] = {};
    for (int lane = 0; lane < count; lane++) {
      feeds[lane] = {};
      feeds[lane].add(room.mu[lane], MU_BYTES);
      feeds[lane].add(room.w1[lane], P::K * P::W1_BYTES);
      out[lane] = room.block[lane];
    }
    hash_in_step<L, Single>(feeds, out, count, P::CHALLENGE_BYTES);
    for (int lane = 0; lane < count; lane++)
      *lanes[lane].verdict = memcmp(out[lane], lanes[lane].what->signature, P::CHALLENGE_BYTES) == 0
                                 ? QSDM_VALID
                                 : QSDM_REFUSED_CHALLENGE;
  }

  static void in_step(Room &room, InStep *lanes, int count, KeyCache *cache) {
    for (int lane = 0; lane < count; lane++)
      lanes[lane].entry = cache ? cache->find(lanes[lane].what->public_key) : nullptr;
    digest_keys(room, lanes, count);
    digest_messages(room, lanes, count);
    digest_challenges(room, lanes, count);
    room.key = nullptr;
    for (int lane = 0; lane < count; lane++)
      commit(room, lanes[lane], lane, ready(room, lanes[lane], room.tr[lane], cache));
    compare(room, lanes, count);
    for (int lane = 0; lane < count; lane++)
      if (lanes[lane].entry) KeyCache::let_go(lanes[lane].entry);
  }

  static int verify(const qsdm_signed *batch, size_t total, uint8_t *verdicts, KeyCache *cache) {
    Room *room = new (std::nothrow) Room;
    if (!room) return -1;
    InStep lanes[W];
    int count = 0;
    for (size_t i = 0; i < total; i++) {
      verdicts[i] = static_cast<uint8_t>(look(batch[i], room->z[count]));
      if (verdicts[i] == QSDM_VALID) lanes[count++] = {batch + i, verdicts + i, nullptr};
      if (count == W || (i + 1 == total && count > 0)) {
        in_step(*room, lanes, count, cache);
        count = 0;
      }
    }
    delete room;
    return 0;
  }
};

}  // namespace qsdm::ml_dsa
