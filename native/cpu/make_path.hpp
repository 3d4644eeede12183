// A path out of two kinds of lane: `L` for company, `Single` for a job that is alone, where one state in registers is
// quicker than a vector with one lane in use.
#pragma once

#include "extend.hpp"
#include "hash.hpp"
#include "path.hpp"
#include "search.hpp"
#include "walk.hpp"
#include "walk_light.hpp"

namespace qsdm {

template <class L, class Single>
void hash_messages(const HashJob &job) {
  size_t at = 0;
  for (; job.count - at >= 2; at += L::width) {
    hash_group<L>(job, at);
    if (job.count - at <= L::width) return;
  }
  for (; at < job.count; at++) hash_group<Single>(job, at);
}

template <class L, class Single>
void extend_runs(const qsdm_run *runs, size_t count) {
  if (count == 1)
    extend<Single, Single>(runs, count);
  else
    extend<L, Single>(runs, count);
}

template <class L, class Single>
void walk(const qsdm_dag &dag, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes) {
  if (dag.interval == 1)
    walk_table<L, Single>(dag, mix, starts, count, mixes);
  else if (count == 1)
    walk_light<Single, Single>(dag, mix, starts, count, mixes);
  else
    walk_light<L, Single>(dag, mix, starts, count, mixes);
}

template <class L, class Single>
constexpr Path make_path(const char *name) {
  return {name,           static_cast<uint32_t>(L::width), hash_messages<L, Single>,
          extend_runs<L, Single>, walk<L, Single>,         search_nonces<L, Single>};
}

}  // namespace qsdm
