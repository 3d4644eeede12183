// Runs of table entries. Each lane works on a run; one that is done takes the next.
#pragma once

#include "../core/pow.hpp"
#include "path.hpp"

namespace qsdm {

template <class L>
struct Chains {
  // Where the last entry lies, where the next one goes, how many are to come.
  const uint8_t *previous[L::width];
  uint8_t *into[L::width];
  uint64_t left[L::width];
  uint64_t index[L::width];
  uint8_t nowhere[L::width][ENTRY_BYTES];

  void take(int lane, const qsdm_run &run) {
    previous[lane] = run.previous;
    into[lane] = run.into;
    left[lane] = run.count;
    index[lane] = run.index;
  }
  // A lane without work computes something that nobody reads.
  void rest(int lane) {
    memset(nowhere[lane], 0, ENTRY_BYTES);
    previous[lane] = into[lane] = nowhere[lane];
    left[lane] = 0;
    index[lane] = 0;
  }
};

// Computes `count` entries in each lane that has work.
template <class L>
QSDM_HD void advance(Chains<L> &chains, uint64_t count) {
  constexpr int width = L::width;
  typename L::Word entry[4];
  L::load4(chains.previous, entry);
  uint64_t step[width];
  for (int i = 0; i < width; i++) step[i] = chains.left[i] ? ENTRY_BYTES : 0;
  for (uint64_t done = 0; done < count; done++) {
    next_entry<L>(entry, L::load(chains.index));
    L::store4(chains.into, entry);
    for (int i = 0; i < width; i++) {
      chains.into[i] += step[i];
      chains.index[i]++;
    }
  }
  for (int i = 0; i < width; i++) {
    chains.previous[i] = chains.into[i] - step[i];
    if (chains.left[i]) chains.left[i] -= count;
  }
}

template <class L, class Single>
void extend(const qsdm_run *runs, size_t count) {
  constexpr int width = L::width;
  Chains<L> chains;
  for (int i = 0; i < width; i++) chains.rest(i);
  size_t next = 0;
  for (;;) {
    int working = 0, last = 0;
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < width; i++) {
      while (chains.left[i] == 0 && next < count) chains.take(i, runs[next++]);
      if (chains.left[i] == 0) {
        chains.rest(i);
        continue;
      }
      working++;
      last = i;
      if (chains.left[i] < least) least = chains.left[i];
    }
    if (working == 0) return;
    if (working == 1 && width > 1) {
      const qsdm_run rest = {chains.previous[last], chains.into[last], chains.left[last],
                             static_cast<uint32_t>(chains.index[last])};
      return extend<Single, Single>(&rest, 1);
    }
    advance(chains, least);
  }
}

}  // namespace qsdm
