#include "engine.hpp"

#include <cstdio>
#include <new>

#include "../core/thread.hpp"

namespace qsdm {
namespace {

class PathEngine : public Engine {
 public:
  explicit PathEngine(uint32_t path) : path_(path) {}

  std::string name() const override { return qsdm_path_at(path_).name; }
  bool walks_checkpoints() const override { return true; }

  std::vector<Data> sha3(const std::vector<Data> &messages) const override {
    Data all;
    // So that there is an address, also of nothing.
    all.reserve(1);
    std::vector<uint32_t> ends;
    for (const Data &message : messages) {
      all.insert(all.end(), message.begin(), message.end());
      ends.push_back(static_cast<uint32_t>(all.size()));
    }
    Data digests(32 * messages.size());
    if (qsdm_hash(path_, QSDM_SHA3_256, all.data(), ends.data(), messages.size(), digests.data(), 32) != 0)
      throw std::bad_alloc();
    std::vector<Data> out;
    for (size_t i = 0; i < messages.size(); i++)
      out.emplace_back(digests.data() + 32 * i, digests.data() + 32 * (i + 1));
    return out;
  }
  Data extend(const Data &previous, uint32_t index, size_t count) const override {
    // Twice, so that lanes have company, and both have to come out the same.
    Data into(count * QSDM_ENTRY_BYTES), again(into.size());
    const qsdm_run runs[] = {{previous.data(), into.data(), count, index}, {previous.data(), again.data(), count, index}};
    qsdm_extend(path_, runs, 2);
    return into == again ? into : Data();
  }
  Data walk(const qsdm_dag &dag, qsdm_mix mix, const Data &starts) const override {
    const size_t count = starts.size() / QSDM_START_BYTES;
    Data mixes(count * QSDM_ENTRY_BYTES);
    qsdm_walk(path_, &dag, mix, starts.data(), count, mixes.data());
    return mixes;
  }
  qsdm_found search(const qsdm_search &job, const Data &start, uint64_t attempts) const override {
    qsdm_found found{};
    qsdm_search_nonces(path_, &job, start.data(), attempts, &found);
    return found;
  }

 private:
  uint32_t path_;
};

class ThreadEngine : public Engine {
 public:
  std::string name() const override { return "gpu thread on the cpu"; }
  bool walks_checkpoints() const override { return false; }

  std::vector<Data> sha3(const std::vector<Data> &messages) const override {
    std::vector<Data> out;
    for (const Data &message : messages) {
      Data digest(32);
      thread_hash(message.data(), message.size(), digest.data());
      out.push_back(digest);
    }
    return out;
  }
  Data extend(const Data &previous, uint32_t index, size_t count) const override {
    Data into(count * QSDM_ENTRY_BYTES);
    uint64_t entry[4];
    load_entry(previous.data(), entry);
    thread_extend(entry, index, count, into.data());
    return into;
  }
  Data walk(const qsdm_dag &dag, qsdm_mix mix, const Data &starts) const override {
    Data mixes(starts.size() / QSDM_START_BYTES * QSDM_ENTRY_BYTES);
    for (size_t i = 0; i < starts.size() / QSDM_START_BYTES; i++) {
      uint64_t start[6], digest[4];
      for (size_t word = 0; word < 6; word++) start[word] = load_word(&starts[i * QSDM_START_BYTES + 8 * word]);
      if (mix == QSDM_MIX_PLAIN)
        thread_walk<QSDM_MIX_PLAIN>(dag.bytes, dag.entries, start, digest);
      else
        thread_walk<QSDM_MIX_TENSOR>(dag.bytes, dag.entries, start, digest);
      for (size_t word = 0; word < 4; word++) store_word(&mixes[i * QSDM_ENTRY_BYTES + 8 * word], digest[word]);
    }
    return mixes;
  }
  qsdm_found search(const qsdm_search &job, const Data &start, uint64_t attempts) const override {
    const ThreadJob mine = thread_job(job.header_hash, job.batch_root, job.limit, job.table.bytes, job.table.entries);
    qsdm_found found{};
    uint64_t low = load_word(start.data()), high = load_word(start.data() + 8);
    while (found.attempts < attempts && !found.found) {
      uint64_t digest[4];
      found.attempts++;
      const bool good = job.mix == QSDM_MIX_PLAIN ? thread_attempt<QSDM_MIX_PLAIN>(mine, low, high, digest)
                                                  : thread_attempt<QSDM_MIX_TENSOR>(mine, low, high, digest);
      if (good) {
        found.found = 1;
        store_word(found.nonce, low);
        store_word(found.nonce + 8, high);
        for (int i = 0; i < 4; i++) store_word(found.mix + 8 * i, digest[i]);
      }
      if (++low == 0) high++;
    }
    return found;
  }
};

}  // namespace

#if !defined(QSDM_HAVE_CUDA)
std::vector<std::unique_ptr<Engine>> cuda_engines() {
  std::printf("cuda: not in this build; make CUDA=1 where nvcc is\n");
  return {};
}
#endif

std::vector<const Engine *> engines() {
  static std::vector<std::unique_ptr<Engine>> all;
  if (all.empty()) {
    for (uint32_t path = 0; path < qsdm_path_count(); path++)
      if (!qsdm_path_at(path).missing) all.push_back(std::make_unique<PathEngine>(path));
    all.push_back(std::make_unique<ThreadEngine>());
    for (auto &device : cuda_engines()) all.push_back(std::move(device));
  }
  std::vector<const Engine *> out;
  for (const auto &each : all) out.push_back(each.get());
  return out;
}

}  // namespace qsdm
