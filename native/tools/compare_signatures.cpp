// Keys, signatures and verdicts of every path on random keys, messages and damage.
#include <memory>

#include "../core/ml_dsa/verify.hpp"
#include "../include/qsdm_signatures.h"
#include "comparisons.hpp"
#include "signature_engine.hpp"

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

struct Paths {
  explicit Paths(Comparisons &comparisons) : to(comparisons), engines(signature_engines()) {
    for (uint32_t path = 0; path < qsdm_path_count(); path++)
      if (!qsdm_path_at(path).missing) paths.push_back(path);
    for (const qsdm_ml_dsa level : {QSDM_ML_DSA_44, QSDM_ML_DSA_87})
      caches.emplace_back(qsdm_key_cache_create(level, 16), qsdm_key_cache_destroy);
  }

  qsdm_key_cache *cache_of(qsdm_ml_dsa level) { return caches[level == QSDM_ML_DSA_44 ? 0 : 1].get(); }

  // A key pair of the first engine and a signature by it, which the others are to make, too.
  Item make(qsdm_ml_dsa level) {
    const Data seed = to.data(32), rnd = to.random() % 2 ? to.data(32) : Data(32);
    const auto keys = engines[0]->keygen(level, seed);
    Item item{keys->public_key, to.data(to.random() % 400), {}, {}, static_cast<qsdm_form>(to.random() % 3)};
    if (item.form == QSDM_FORM_MU) item.message = to.data(64);
    if (item.form == QSDM_FORM_PURE) item.context = to.data(to.random() % 256);
    const qsdm_message message = item.view().message;
    item.signature = engines[0]->sign(level, keys->secret_key, message, rnd).value();
    for (size_t i = 1; i < engines.size(); i++) {
      if (const auto made = engines[i]->keygen(level, seed))
        to.count("ML-DSA key pairs", made->public_key == keys->public_key && made->secret_key == keys->secret_key,
                 engines[i]->name());
      to.count("ML-DSA signatures", engines[i]->sign(level, keys->secret_key, message, rnd) == item.signature,
               engines[i]->name());
    }
    return item;
  }

  // Nothing, a bit anywhere, or another length.
  Item damaged(Item item) {
    const auto flip = [&](Data &bytes) {
      if (!bytes.empty()) bytes[to.random() % bytes.size()] ^= static_cast<uint8_t>(1 << to.random() % 8);
    };
    switch (to.random() % 7) {
      case 0: flip(item.signature); break;
      case 1: flip(item.public_key); break;
      case 2: flip(item.message); break;
      case 3: item.signature.pop_back(); break;
      // Among the hints.
      case 4: item.signature[item.signature.size() - 1 - to.random() % 80] ^= static_cast<uint8_t>(to.random()); break;
      default: break;
    }
    return item;
  }

  // Batches of every path, and one signature by each thread of a GPU, against core/ml_dsa/verify.hpp.
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
        for (size_t i = 0; i < batch.size(); i++)
          to.count("ML-DSA verdicts", done && verdicts[i] == expected[i], qsdm_path_at(path).name);
      }
    const size_t one = to.random() % batch.size();
    for (size_t i = paths.size(); i < engines.size(); i++)
      to.count("ML-DSA verdicts", engines[i]->verify(level, batch[one]) == expected[one], engines[i]->name());
  }

  Comparisons &to;
  // The paths, and then threads of a GPU.
  std::vector<const SignatureEngine *> engines;
  std::vector<uint32_t> paths;
  std::vector<std::unique_ptr<qsdm_key_cache, void (*)(qsdm_key_cache *)>> caches;
};

}  // namespace

void compare_signatures(Comparisons &to, size_t rounds) {
  Paths paths(to);
  for (size_t round = 0; round < rounds; round++) {
    const qsdm_ml_dsa level = to.random() % 2 ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87;
    const Item items[] = {paths.make(level), paths.make(level)};
    std::vector<Item> batch;
    for (size_t left = to.random() % ITEMS + 1; left > 0; left--) batch.push_back(paths.damaged(items[to.random() % 2]));
    paths.verify(level, batch);
  }
}

}  // namespace qsdm
