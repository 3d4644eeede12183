// qsdm-native: checks and measures the native code without Node. A machine needs make and a compiler for it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>

#include "bench.hpp"
#include "check.hpp"
#include "cuda_signatures.hpp"
#include "standards.hpp"

namespace {

int usage() {
  std::fprintf(stderr,
               "usage: qsdm-native check FILE...           vector files on every path\n"
               "       qsdm-native standards FILE...       ACVP's and Wycheproof's files, unpacked, on every path\n"
               "       qsdm-native compare ROUNDS [SEED]   paths against each other on random input\n"
               "       qsdm-native signatures ROUNDS [SEED] the same for signatures\n"
               "       qsdm-native kem ROUNDS [SEED]       the same for key encapsulation\n"
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
  if ((command == "check" || command == "standards") && count > 2) {
    const auto check = command == "check" ? qsdm::check_vectors : qsdm::check_standard;
    qsdm::Tally total;
    for (int i = 2; i < count; i++) {
      const qsdm::Tally file = check(words[i]);
      total.passed += file.passed;
      total.failed += file.failed;
    }
    return ending(total);
  }
  const bool is_random = command == "compare" || command == "signatures" || command == "kem" || command == "threads";
  if (is_random && (count == 3 || count == 4)) {
    const uint64_t seed = count == 4 ? std::strtoull(words[3], nullptr, 10) : std::random_device()();
    const size_t rounds = std::strtoull(words[2], nullptr, 10);
    if (command == "signatures") return ending(qsdm::compare_signatures(rounds, seed));
    if (command == "kem") return ending(qsdm::compare_kem(rounds, seed));
    if (command == "threads") return ending(qsdm::check_threads(rounds, seed));
    qsdm::Tally total = qsdm::compare_engines(rounds, seed);
#if defined(QSDM_HAVE_CUDA)
    const qsdm::Tally signatures = qsdm::compare_cuda_signatures(rounds / 50 + 1, seed);
    total.passed += signatures.passed;
    total.failed += signatures.failed;
#endif
    return ending(total);
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
