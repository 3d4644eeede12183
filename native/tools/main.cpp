// qsdm-native: checks and measures the native code without Node. A machine needs make and a compiler for it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

#include "bench.hpp"
#include "check.hpp"

namespace {

int usage() {
  std::fprintf(stderr,
               "usage: qsdm-native check FILE...           vector files on every path\n"
               "       qsdm-native compare ROUNDS [SEED]   paths against each other on random input\n"
               "       qsdm-native threads ROUNDS [SEED]   threads, their queue, and a search that another one ends\n"
               "       qsdm-native bench\n");
  return 2;
}

int ending(const qsdm::Tally &total) {
  std::printf("%zu passed, %zu failed, 0 skipped\n", total.passed, total.failed);
  return total.failed == 0 && total.passed > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char **words) try {
  const std::string command = count > 1 ? words[1] : "";
  if (command == "check" && count > 2) {
    qsdm::Tally total;
    for (int i = 2; i < count; i++) {
      const qsdm::Tally file = qsdm::check_vectors(words[i]);
      total.passed += file.passed;
      total.failed += file.failed;
    }
    return ending(total);
  }
  if ((command == "compare" || command == "threads") && (count == 3 || count == 4)) {
    const uint64_t seed = count == 4 ? std::strtoull(words[3], nullptr, 10) : std::random_device()();
    const size_t rounds = std::strtoull(words[2], nullptr, 10);
    return ending(command == "compare" ? qsdm::compare_engines(rounds, seed) : qsdm::check_threads(rounds, seed));
  }
  if (command == "bench" && count == 2) {
    qsdm::run_bench();
    return 0;
  }
  return usage();
} catch (const std::exception &error) {
  std::fprintf(stderr, "qsdm-native: %s\n", error.what());
  return 1;
}
