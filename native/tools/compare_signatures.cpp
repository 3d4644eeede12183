// Signatures of every path against the scalar one on random keys, messages and damage.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>

#include "../core/ml_dsa/verify.hpp"
#include "../include/qsdm_signatures.h"
#include "check.hpp"
#include "engine.hpp"

namespace qsdm {
namespace {

constexpr size_t ITEMS = 20;

struct Item {
  Data public_key, message, context, signature;
  qsdm_form form;

  qsdm_signed view() const {
    return {public_key.data(), public_key.size(), signature.data(), signature.size(),
            {form, message.data(), message.size(), context.data(), context.size()}};
  }
};

struct Comparison {
  explicit Comparison(uint64_t seed) : random(seed) {
    for (uint32_t path = 0; path < qsdm_path_count(); path++)
      if (!qsdm_path_at(path).missing) paths.push_back(path);
    for (const qsdm_ml_dsa level : {QSDM_ML_DSA_44, QSDM_ML_DSA_87})
      caches.emplace_back(qsdm_key_cache_create(level, 16), qsdm_key_cache_destroy);
  }

  Data data(size_t size) {
    Data out;
    // So that there is an address, also of nothing.
    out.reserve(std::max<size_t>(size, 1));
    for (size_t i = 0; i < size; i++) out.push_back(static_cast<uint8_t>(random()));
    return out;
  }
  void count(bool equal, uint32_t path, const char *what) {
    (equal ? total.passed : total.failed)++;
    if (!equal) std::printf("FAIL %s: %s differs\n", qsdm_path_at(path).name, what);
  }
  qsdm_key_cache *cache_of(qsdm_ml_dsa level) { return caches[level == QSDM_ML_DSA_44 ? 0 : 1].get(); }

  // Keys of one seed and signatures by them, on every path.
  Item make(qsdm_ml_dsa level) {
    const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
    const Data seed = data(32), rnd = random() % 2 ? data(32) : Data(32);
    Item item{Data(sizes.public_key), data(random() % 400), {}, Data(sizes.signature),
              static_cast<qsdm_form>(random() % 3)};
    item.context.reserve(1);
    if (item.form == QSDM_FORM_MU) item.message = data(64);
    if (item.form == QSDM_FORM_PURE) item.context = data(random() % 256);
    const qsdm_message message = item.view().message;
    Data secret_key(sizes.secret_key);
    for (const uint32_t path : paths) {
      Data public_key(sizes.public_key), own_secret_key(sizes.secret_key), signature(sizes.signature);
      qsdm_signer *signer = nullptr;
      const bool made = qsdm_ml_dsa_keygen(path, level, seed.data(), public_key.data(), own_secret_key.data()) == 0 &&
                        qsdm_signer_create(path, level, own_secret_key.data(), &signer) == QSDM_SIGNER_READY;
      const bool is_signed =
          made && qsdm_signer_sign(path, signer, &message, rnd.data(), signature.data()) == QSDM_VALID;
      if (signer) qsdm_signer_destroy(signer);
      if (path == paths[0]) {
        item.public_key = public_key;
        secret_key = own_secret_key;
        item.signature = signature;
      }
      count(made && public_key == item.public_key && own_secret_key == secret_key, path, "a key pair");
      count(is_signed && signature == item.signature, path, "a signature");
    }
    return item;
  }

  // Nothing, a bit anywhere, or another length.
  Item damaged(Item item) {
    const auto flip = [&](Data &bytes) {
      if (!bytes.empty()) bytes[random() % bytes.size()] ^= static_cast<uint8_t>(1 << random() % 8);
    };
    switch (random() % 7) {
      case 0: flip(item.signature); break;
      case 1: flip(item.public_key); break;
      case 2: flip(item.message); break;
      case 3: item.signature.pop_back(); break;
      // Among the hints.
      case 4: item.signature[item.signature.size() - 1 - random() % 80] ^= static_cast<uint8_t>(random()); break;
      default: break;
    }
    return item;
  }

  void verify(qsdm_ml_dsa level, const std::vector<Item> &items) {
    std::vector<qsdm_signed> batch;
    for (const Item &item : items) batch.push_back(item.view());
    Data expected;
    for (const qsdm_signed &each : batch)
      expected.push_back(static_cast<uint8_t>(level == QSDM_ML_DSA_44 ? ml_dsa::verify<ml_dsa::Params<44>>(each)
                                                                     : ml_dsa::verify<ml_dsa::Params<87>>(each)));
    for (const uint32_t path : paths)
      for (qsdm_key_cache *cache : {static_cast<qsdm_key_cache *>(nullptr), cache_of(level)}) {
        Data verdicts(batch.size());
        const bool done = qsdm_ml_dsa_verify(path, level, cache, batch.data(), batch.size(), verdicts.data()) == 0;
        for (size_t i = 0; i < batch.size(); i++) count(done && verdicts[i] == expected[i], path, "a verdict");
      }
  }

  std::mt19937_64 random;
  std::vector<uint32_t> paths;
  std::vector<std::unique_ptr<qsdm_key_cache, void (*)(qsdm_key_cache *)>> caches;
  Tally total;
};

}  // namespace

Tally compare_signatures(size_t rounds, uint64_t seed) {
  Comparison comparison(seed);
  for (size_t round = 0; round < rounds; round++) {
    const qsdm_ml_dsa level = comparison.random() % 2 ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87;
    const Item items[] = {comparison.make(level), comparison.make(level)};
    std::vector<Item> batch;
    for (size_t i = 0; i < comparison.random() % ITEMS + 1; i++)
      batch.push_back(comparison.damaged(items[comparison.random() % 2]));
    comparison.verify(level, batch);
  }
  std::printf("random comparisons of signatures, seed %llu: %zu passed, %zu failed\n",
              static_cast<unsigned long long>(seed), comparison.total.passed, comparison.total.failed);
  return comparison.total;
}

}  // namespace qsdm
