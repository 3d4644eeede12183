// The sponge over as many messages as there are lanes.
#pragma once

#include "../core/keccak.hpp"
#include "../core/one.hpp"
#include "path.hpp"

namespace qsdm {

// Bytes of the longest block, that of SHAKE128, in whole runs of four words.
constexpr size_t BLOCK_ROOM = 192;
alignas(64) static constexpr uint8_t NOTHING[BLOCK_ROOM] = {};

// One lane's message, and where its digest goes.
struct Sponge {
  const uint8_t *at;
  size_t left;
  uint8_t *out;
  size_t out_left;
  bool padded;
};

// Writes what follows byte `from` of a message's last block, padding included, to the same place in `tail`.
QSDM_HD void pad(const HashJob &job, const Sponge &lane, size_t from, uint8_t *tail) {
  memset(tail + from, 0, job.rate_bytes - from);
  // An empty message may be nowhere, and memcpy takes no null even for nothing.
  if (lane.left > from) memcpy(tail + from, lane.at + from, lane.left - from);
  tail[lane.left] = static_cast<uint8_t>(tail[lane.left] | job.suffix);
  tail[job.rate_bytes - 1] = static_cast<uint8_t>(tail[job.rate_bytes - 1] | 0x80);
}

// Hashes the messages from place `first` of the order on; lanes beyond the last one repeat it.
template <class L>
void hash_group(const HashJob &job, size_t first) {
  constexpr int width = L::width;
  Sponge lanes[width];
  alignas(64) uint8_t tails[width][BLOCK_ROOM];
  for (int i = 0; i < width; i++) {
    const size_t place = first + static_cast<size_t>(i);
    const uint32_t number = job.order[place < job.count ? place : job.count - 1];
    const uint32_t start = number == 0 ? 0 : job.ends[number - 1];
    lanes[i] = {job.messages + start, job.ends[number] - start, job.digests + number * job.digest_bytes,
                job.digest_bytes, false};
  }
  const size_t words = job.rate_bytes / 8;
  typename L::Word s[25];
  for (auto &word : s) word = L::splat(0);
  for (bool going = true; going;) {
    // The first `direct` bytes of the block are message bytes in every lane, and are read where they lie.
    const uint8_t *heads[width], *rests[width];
    size_t direct = job.rate_bytes;
    for (const Sponge &lane : lanes)
      if (lane.padded)
        direct = 0;
      else if (lane.left < direct)
        direct = lane.left;
    direct &= ~size_t{31};
    for (int i = 0; i < width; i++) {
      Sponge &lane = lanes[i];
      if (lane.padded) {
        heads[i] = rests[i] = NOTHING;
      } else if (lane.left >= job.rate_bytes) {
        heads[i] = rests[i] = lane.at;
        lane.at += job.rate_bytes;
        lane.left -= job.rate_bytes;
      } else {
        pad(job, lane, direct, tails[i]);
        heads[i] = lane.at;
        rests[i] = tails[i];
        lane.padded = true;
      }
    }
    for (size_t word = 0; word < words; word += 4) {
      const uint8_t *rows[width];
      const uint8_t *const *from = word * 8 < direct ? heads : rests;
      for (int i = 0; i < width; i++) rows[i] = from[i] + 8 * word;
      typename L::Word in[4];
      // Both rates are one word more than a multiple of four.
      if (word + 4 <= words) {
        L::load4(rows, in);
        for (size_t i = 0; i < 4; i++) s[word + i] = L::xor2(s[word + i], in[i]);
      } else {
        s[word] = L::xor2(s[word], L::load1(rows));
      }
    }
    keccak_f<L>(s);
    going = false;
    uint8_t digests[width][32];
    uint8_t *rows[width];
    for (int i = 0; i < width; i++) rows[i] = digests[i];
    for (size_t byte = 0; byte < job.rate_bytes && byte < job.digest_bytes; byte += 32) {
      // The last word of a block is the first of four that are read, the others belong to the capacity.
      L::store4(rows, s + byte / 8);
      for (int i = 0; i < width; i++) {
        Sponge &lane = lanes[i];
        if (!lane.padded) continue;
        size_t room = job.rate_bytes - byte < 32 ? job.rate_bytes - byte : 32;
        if (lane.out_left < room) room = lane.out_left;
        memcpy(lane.out, digests[i], room);
        lane.out += room;
        lane.out_left -= room;
      }
    }
    for (const Sponge &lane : lanes) going = going || lane.out_left > 0;
  }
}

}  // namespace qsdm
