// Walks over checkpoints, where each read is a chain of up to an interval's hashes. A lane that has arrived at its entry
// mixes it in while the others go on along their chains, since both are one permutation of different words.
#pragma once

#include "../core/pow.hpp"
#include "path.hpp"
#include "tensor.hpp"

namespace qsdm {

template <class L>
struct LightWalkers {
  static constexpr int width = L::width;
  // The entry that a chain is at, the index of the next one, and how many are to come.
  uint64_t entry[4][width];
  uint64_t index[width];
  uint64_t left[width];
  uint64_t mix[width][4];
  int steps[width];
  // Which walk a lane is on.
  size_t number[width];
  bool working[width];

  // The checkpoint at or before the entry that the lane's mix leads to.
  void locate(int lane, const qsdm_dag &dag) {
    const uint64_t wanted = index_of(mix[lane][0], dag.entries);
    left[lane] = wanted % dag.interval;
    index[lane] = wanted - left[lane] + 1;
    for (int i = 0; i < 4; i++) entry[i][lane] = load_word(dag.bytes + wanted / dag.interval * ENTRY_BYTES + 8 * i);
  }
};

// Along all chains, until the first lane arrives.
template <class L>
QSDM_HD void follow(LightWalkers<L> &walkers, uint64_t count) {
  typename L::Word entry[4];
  for (int i = 0; i < 4; i++) entry[i] = L::load(walkers.entry[i]);
  for (uint64_t done = 0; done < count; done++) {
    next_entry<L>(entry, L::load(walkers.index));
    for (int i = 0; i < L::width; i++) walkers.index[i]++;
  }
  for (int i = 0; i < 4; i++) L::store(walkers.entry[i], entry[i]);
  for (int i = 0; i < L::width; i++) walkers.left[i] -= count;
}

// The words of a lane's mixing hash, padding included, from word 0 to word 12.
template <class L, class Single>
QSDM_HD void put_mixing(const LightWalkers<L> &walkers, int lane, qsdm_mix mix, uint64_t (&in)[13][L::width]) {
  uint64_t entry[4], product[4];
  for (int i = 0; i < 4; i++) {
    entry[i] = walkers.entry[i][lane];
    in[i][lane] = walkers.mix[lane][i];
    in[4 + i][lane] = entry[i];
  }
  if (mix == QSDM_MIX_PLAIN) {
    in[8][lane] = SHA3_SUFFIX;
    return;
  }
  uint64_t matrix[64];
  expand_matrix<Single>(walkers.mix[lane], matrix);
  Tensor<Single>::multiply(matrix, entry, product);
  for (int i = 0; i < 4; i++) in[8 + i][lane] = product[i];
  in[12][lane] = SHA3_SUFFIX;
}

template <class L, class Single>
void walk_light(const qsdm_dag &dag, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes) {
  constexpr int width = L::width;
  LightWalkers<L> walkers{};
  size_t next = 0;
  int working = 0;
  const auto begin = [&](int lane) {
    walkers.working[lane] = next < count;
    if (!walkers.working[lane]) {
      // It goes along with the others and never arrives.
      walkers.left[lane] = UINT64_MAX;
      return;
    }
    working++;
    uint64_t start[6];
    for (int i = 0; i < 6; i++) start[i] = load_word(starts + next * START_BYTES + 8 * i);
    first_mix<Single>(start, walkers.mix[lane]);
    walkers.number[lane] = next++;
    walkers.steps[lane] = 0;
    walkers.locate(lane, dag);
  };
  for (int i = 0; i < width; i++) begin(i);
  while (working > 0) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < width; i++)
      if (walkers.working[i] && walkers.left[i] < least) least = walkers.left[i];
    follow(walkers, least);

    uint64_t in[13][width] = {};
    for (int i = 0; i < width; i++) {
      if (walkers.working[i] && walkers.left[i] == 0) {
        put_mixing<L, Single>(walkers, i, mix, in);
        continue;
      }
      for (int word = 0; word < 4; word++) in[word][i] = walkers.entry[word][i];
      in[4][i] = walkers.index[i] ^ SHA3_SUFFIX << 32;
    }
    typename L::Word s[25];
    for (int i = 0; i < 25; i++) s[i] = i < 13 ? L::load(in[i]) : L::splat(i == RATE_WORDS - 1 ? LAST_BIT : 0);
    keccak_f<L>(s);
    uint64_t out[4][width];
    for (int i = 0; i < 4; i++) L::store(out[i], s[i]);
    for (int i = 0; i < width; i++) {
      if (!walkers.working[i] || walkers.left[i] > 0) {
        for (int word = 0; word < 4; word++) walkers.entry[word][i] = out[word][i];
        walkers.index[i]++;
        walkers.left[i]--;
        continue;
      }
      for (int word = 0; word < 4; word++) walkers.mix[i][word] = out[word][i];
      if (++walkers.steps[i] < WALK_STEPS) {
        walkers.locate(i, dag);
        continue;
      }
      for (int word = 0; word < 4; word++) store_word(mixes + walkers.number[i] * ENTRY_BYTES + 8 * word, out[word][i]);
      working--;
      begin(i);
    }
  }
}

}  // namespace qsdm
