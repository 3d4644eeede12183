// SHAKE256, or SHA3-256, of as many inputs as there are lanes, each in parts, with outputs of up to a block.
#pragma once

#include "../core/keccak.hpp"
#include "../core/secrets.hpp"
#include "../core/shake.hpp"

namespace qsdm {

// One lane's input. Parts are read where they lie.
struct Feed {
  static constexpr int MOST = 4;
  const uint8_t *part[MOST];
  size_t size[MOST];
  uint64_t suffix = SHAKE_SUFFIX;
  int parts = 0;
  // The part that is being read, and where.
  int now = 0;
  size_t at = 0;
  bool padded = false;

  QSDM_HD_MEMBER void add(const uint8_t *bytes, size_t count) {
    if (count == 0) return;
    part[parts] = bytes;
    size[parts++] = count;
  }
  // The next block: where it lies, or, where it does not lie in one piece, put together in `room`.
  QSDM_HD_MEMBER const uint8_t *next(uint8_t *room) {
    if (now < parts && size[now] - at >= SHAKE256_RATE) {
      const uint8_t *block = part[now] + at;
      at += SHAKE256_RATE;
      step();
      return block;
    }
    size_t filled = 0;
    while (now < parts && filled < SHAKE256_RATE) {
      const size_t left = size[now] - at;
      const size_t taken = left < SHAKE256_RATE - filled ? left : SHAKE256_RATE - filled;
      memcpy(room + filled, part[now] + at, taken);
      filled += taken;
      at += taken;
      step();
    }
    if (filled < SHAKE256_RATE) {
      memset(room + filled, 0, SHAKE256_RATE - filled);
      if (!padded) {
        room[filled] ^= static_cast<uint8_t>(suffix);
        room[SHAKE256_RATE - 1] ^= 0x80;
      }
      padded = true;
    }
    return room;
  }

 private:
  QSDM_HD_MEMBER void step() {
    if (at < size[now]) return;
    now++;
    at = 0;
  }
};

// Bytes of a block in whole runs of four words: what is stored of a state at a time.
constexpr size_t LANE_ROOM = 192;

// Permutes once over the next block of every lane.
template <class L>
QSDM_HD_PART void absorb_block(typename L::Word (&s)[25], Feed *feeds, uint8_t (*room)[LANE_ROOM]) {
  const uint8_t *rows[L::width];
  for (int i = 0; i < L::width; i++) rows[i] = feeds[i].next(room[i]);
  for (int word = 0; word < 16; word += 4) {
    typename L::Word in[4];
    const uint8_t *from[L::width];
    for (int i = 0; i < L::width; i++) from[i] = rows[i] + 8 * word;
    L::load4(from, in);
    for (int i = 0; i < 4; i++) s[word + i] = L::xor2(s[word + i], in[i]);
  }
  for (int i = 0; i < L::width; i++) rows[i] += 128;
  s[16] = L::xor2(s[16], L::load1(rows));
  keccak_f<L>(s);
}

// Writes the first `words` words of every lane, in runs of four, to `out`.
template <class L>
QSDM_HD void store_lanes(const typename L::Word (&s)[25], int words, uint8_t *const *out) {
  for (int word = 0; word < words; word += 4) {
    uint8_t *to[L::width];
    for (int i = 0; i < L::width; i++) to[i] = out[i] + 8 * word;
    L::store4(to, s + word);
  }
}

// `size` bytes, up to a block, of each; lanes may end at different blocks.
template <class L>
QSDM_HD_PART void shake_lanes(Feed *feeds, uint8_t *const *out, size_t size) {
  alignas(64) uint8_t room[L::width][LANE_ROOM];
  uint8_t *blocks[L::width];
  bool written[L::width];
  for (int i = 0; i < L::width; i++) {
    blocks[i] = room[i];
    written[i] = false;
  }
  typename L::Word s[25];
  for (auto &word : s) word = L::splat(0);
  for (bool going = true; going;) {
    absorb_block<L>(s, feeds, room);
    going = false;
    bool ends = false;
    for (int i = 0; i < L::width; i++) {
      going = going || !feeds[i].padded;
      ends = ends || (feeds[i].padded && !written[i]);
    }
    if (!ends) continue;
    store_lanes<L>(s, 17, blocks);
    for (int i = 0; i < L::width; i++)
      if (feeds[i].padded && !written[i]) {
        memcpy(out[i], room[i], size);
        written[i] = true;
      }
  }
  // What went in follows from the state: the permutation can be turned back.
  wipe(s, sizeof s);
  wipe(room, sizeof room);
}

// Hashes `count` inputs; what has no input repeats the first one.
template <class L, class Single>
QSDM_HD_PART void hash_in_step(Feed *feeds, uint8_t **out, int count, size_t size) {
  if (L::width == 1 || count == 1) {
    shake_lanes<Single>(feeds, out, size);
    return;
  }
  for (int lane = count; lane < L::width; lane++) {
    feeds[lane] = feeds[0];
    out[lane] = out[0];
  }
  shake_lanes<L>(feeds, out, size);
}

}  // namespace qsdm
