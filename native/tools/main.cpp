// qsdm-native: checks and measures the native code without Node. A machine needs make and a compiler for it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

#include "bench.hpp"
#include "comparisons.hpp"
#include "standards.hpp"

namespace {

int usage() {
  std::fprintf(stderr,
               "usage: qsdm-native check FILE...           vector files on every path\n"
               "       qsdm-native standards COVERAGE FILE...  ACVP's and Wycheproof's files of one scheme, unpacked, on every\n"
               "                                           path, and that each answers what the coverage file says\n"
               "       qsdm-native compare ROUNDS [SEED [PART]]  paths against each other on random input; a part is walks,\n"
               "                                           hashes, fields, commitments, signatures, kem or cuda\n"
               "       qsdm-native threads ROUNDS [SEED]   threads, their queue, and a search that another one ends\n"
               "       qsdm-native files ROUNDS            mapped files that are changed while they are walked\n"
               "       qsdm-native bench\n"
               "       qsdm-native gpu [SCALE]             goals G1 to G8 on each CUDA device; sizes over SCALE\n");
  return 2;
}

int ending(const qsdm::Tally &total) {
  std::printf("%zu passed, %zu failed, 0 skipped\n", total.passed, total.failed);
  return total.failed == 0 && total.passed > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char **words) try {
  const std::string command = count > 1 ? words[1] : "";
  if (command == "standards" && count > 3) return ending(qsdm::check_standards(words[2], {words + 3, words + count}));
  if (command == "check" && count > 2) {
    qsdm::Tally total;
    for (int i = 2; i < count; i++) {
      const qsdm::Tally file = qsdm::check_vectors(words[i]);
      total.passed += file.passed;
      total.failed += file.failed;
    }
    return ending(total);
  }
  if ((command == "compare" || command == "threads") && count >= 3 && count <= (command == "compare" ? 5 : 4)) {
    const uint64_t seed = count > 3 ? std::strtoull(words[3], nullptr, 10) : std::random_device()();
    const size_t rounds = std::strtoull(words[2], nullptr, 10);
    return ending(command == "threads" ? qsdm::check_threads(rounds, seed)
                                       : qsdm::compare(rounds, seed, count > 4 ? words[4] : ""));
  }
  if (command == "files" && count == 3) return ending(qsdm::check_files(std::strtoull(words[2], nullptr, 10)));
  if (command == "bench" && count == 2) {
    qsdm::run_bench();
    return 0;
  }
  if (command == "gpu" && (count == 2 || count == 3)) {
    const uint64_t scale = count == 3 ? std::strtoull(words[2], nullptr, 10) : 1;
#if defined(QSDM_HAVE_CUDA)
    return scale > 0 && qsdm::run_gpu_bench(scale) ? 0 : 1;
#else
    std::fprintf(stderr, "qsdm-native: no CUDA in this build; make CUDA=1 where nvcc is (sizes over %llu)\n",
                 static_cast<unsigned long long>(scale));
    return 1;
#endif
  }
  return usage();
} catch (const std::exception &error) {
  std::fprintf(stderr, "qsdm-native: %s\n", error.what());
  return 1;
}
