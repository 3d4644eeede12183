// Walks over a whole table. Two groups of lanes take turns, so that one group's entries come from memory while the other
// one hashes: twice the rate of one group alone.
#pragma once

#include "../core/pow.hpp"
#include "path.hpp"
#include "tensor.hpp"

namespace qsdm {

template <class L>
struct Walkers {
  typename L::Word mix[4];
  const uint8_t *rows[L::width];
};

// Finds the entries that the mixes lead to, and has them fetched.
template <class L>
QSDM_HD void locate(Walkers<L> &walkers, const qsdm_dag &table) {
  uint64_t first[L::width];
  L::store(first, walkers.mix[0]);
  for (int i = 0; i < L::width; i++) {
    walkers.rows[i] = table.bytes + index_of(first[i], table.entries) * ENTRY_BYTES;
    __builtin_prefetch(walkers.rows[i]);
  }
}

template <class L, int Mix>
QSDM_HD void step(Walkers<L> &walkers) {
  typename L::Word entry[4];
  L::load4(walkers.rows, entry);
  if constexpr (Mix == QSDM_MIX_PLAIN) {
    plain_step<L>(walkers.mix, entry);
  } else {
    typename L::Word matrix[64], product[4];
    expand_matrix<L>(walkers.mix, matrix);
    Tensor<L>::multiply(matrix, entry, product);
    tensor_step<L>(walkers.mix, entry, product);
  }
}

// Walks from the starts at `starts`, of which there are `count`; lanes beyond the last one repeat it.
template <class L, int Mix, int Groups>
void walk_groups(const qsdm_dag &table, const uint8_t *starts, size_t count, uint8_t *mixes) {
  constexpr int width = L::width;
  Walkers<L> groups[Groups];
  const auto place = [&](int group, int lane) {
    const size_t wanted = static_cast<size_t>(group * width + lane);
    return wanted < count ? wanted : count - 1;
  };
  for (int g = 0; g < Groups; g++) {
    const uint8_t *rows[width];
    for (int i = 0; i < width; i++) rows[i] = starts + place(g, i) * START_BYTES;
    typename L::Word start[6], more[4];
    L::load4(rows, more);
    for (int i = 0; i < 4; i++) start[i] = more[i];
    for (int i = 0; i < width; i++) rows[i] += 32;
    start[4] = L::load1(rows);
    for (int i = 0; i < width; i++) rows[i] += 8;
    start[5] = L::load1(rows);
    first_mix<L>(start, groups[g].mix);
    locate(groups[g], table);
  }
  for (int done = 0; done < WALK_STEPS; done++)
    for (int g = 0; g < Groups; g++) {
      step<L, Mix>(groups[g]);
      locate(groups[g], table);
    }
  for (int g = 0; g < Groups; g++) {
    uint8_t digests[width][ENTRY_BYTES];
    uint8_t *rows[width];
    for (int i = 0; i < width; i++) rows[i] = digests[i];
    L::store4(rows, groups[g].mix);
    for (int i = 0; i < width; i++) memcpy(mixes + place(g, i) * ENTRY_BYTES, digests[i], ENTRY_BYTES);
  }
}

template <class L, class Single, int Mix>
QSDM_HD void walk_all(const qsdm_dag &table, const uint8_t *starts, size_t count, uint8_t *mixes) {
  constexpr size_t width = L::width;
  for (size_t at = 0; at < count;) {
    const size_t left = count - at;
    const uint8_t *from = starts + at * START_BYTES;
    uint8_t *to = mixes + at * ENTRY_BYTES;
    if (left == 1)
      walk_groups<Single, Mix, 1>(table, from, 1, to);
    else if (left <= width)
      walk_groups<L, Mix, 1>(table, from, left, to);
    else
      walk_groups<L, Mix, 2>(table, from, left < 2 * width ? left : 2 * width, to);
    at += left < 2 * width ? left : 2 * width;
  }
}

template <class L, class Single>
void walk_table(const qsdm_dag &table, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes) {
  if (mix == QSDM_MIX_PLAIN)
    walk_all<L, Single, QSDM_MIX_PLAIN>(table, starts, count, mixes);
  else
    walk_all<L, Single, QSDM_MIX_TENSOR>(table, starts, count, mixes);
}

}  // namespace qsdm
