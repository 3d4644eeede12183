// Cases of ML-KEM-768 by every path.
#include "../include/qsdm_kem.h"
#include "standards.hpp"

namespace qsdm {
namespace {

struct Agreed {
  bool done = false;
  Data ciphertext = Data(QSDM_KEM_CIPHERTEXT_BYTES), secret = Data(QSDM_KEM_SECRET_BYTES);
};

// What has another size is no key, and no ciphertext.
Agreed encapsulate(uint32_t path, const Data &public_key, const Data &message) {
  Agreed out;
  out.done = public_key.size() == QSDM_KEM_PUBLIC_KEY_BYTES && message.size() == QSDM_KEM_MESSAGE_BYTES &&
             qsdm_ml_kem_encapsulate(path, public_key.data(), message.data(), out.ciphertext.data(), out.secret.data()) ==
                 QSDM_KEM_DONE;
  return out;
}

Agreed decapsulate(uint32_t path, const Data &secret_key, const Data &ciphertext) {
  Agreed out;
  out.done = secret_key.size() == QSDM_KEM_SECRET_KEY_BYTES && ciphertext.size() == QSDM_KEM_CIPHERTEXT_BYTES &&
             qsdm_ml_kem_decapsulate(path, secret_key.data(), ciphertext.data(), out.secret.data()) == QSDM_KEM_DONE;
  return out;
}

struct KeyPair {
  Data public_key, secret_key;
};

// Empty where the seed has another size.
KeyPair keygen(uint32_t path, const Data &seed) {
  if (seed.size() != QSDM_KEM_SEED_BYTES) return {};
  KeyPair made{Data(QSDM_KEM_PUBLIC_KEY_BYTES), Data(QSDM_KEM_SECRET_KEY_BYTES)};
  qsdm_ml_kem_keygen(path, seed.data(), made.public_key.data(), made.secret_key.data());
  return made;
}

Data joined(Data first, const Data &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Whether a path's answer to an ACVP case is right.
bool acvp(uint32_t path, const StandardCase &each, const std::string &what) {
  if (what == "keyGen") {
    const KeyPair made = keygen(path, joined(each.bytes("d"), each.bytes("z")));
    return made.public_key == each.bytes("ek") && made.secret_key == each.bytes("dk");
  }
  if (what == "encapsulation") {
    const Agreed made = encapsulate(path, each.bytes("ek"), each.bytes("m"));
    return made.done && made.ciphertext == each.bytes("c") && made.secret == each.bytes("k");
  }
  if (what == "decapsulation") {
    const Agreed made = decapsulate(path, each.bytes("dk"), each.bytes("c"));
    return made.done && made.secret == each.bytes("k");
  }
  const Agreed made = what == "encapsulationKeyCheck"
                          ? encapsulate(path, each.bytes("ek"), Data(QSDM_KEM_MESSAGE_BYTES))
                          : decapsulate(path, each.bytes("dk"), Data(QSDM_KEM_CIPHERTEXT_BYTES));
  return made.done == each.is_true("testPassed");
}

bool wycheproof(uint32_t path, const StandardCase &each, const std::string &what) {
  const bool valid = each.text("result") == "valid";
  if (what == "MLKEMKeyGen") {
    const KeyPair made = keygen(path, each.bytes("seed"));
    return made.public_key == each.bytes("ek") && made.secret_key == each.bytes("dk");
  }
  const bool sends = what == "MLKEMEncapsTest";
  const Agreed made = sends ? encapsulate(path, each.bytes("ek"), each.bytes("m"))
                            : decapsulate(path, keygen(path, each.bytes("seed")).secret_key, each.bytes("c"));
  if (!valid) return !made.done;
  return made.done && made.secret == each.bytes("K") && (!sends || made.ciphertext == each.bytes("c"));
}

}  // namespace

std::vector<Answers> ml_kem_answers() {
  std::vector<Answers> out;
  for (uint32_t path = 0; path < qsdm_path_count(); path++) {
    const std::string name = qsdm_path_at(path).name;
    if (!qsdm_path_at(path).missing) out.push_back({name, "native " + name, {}, {}});
  }
  return out;
}

void answer_ml_kem(const StandardCase &each, const std::string &mode, const std::string &group,
                   std::vector<Answers> &answers) {
  size_t at = 0;
  for (uint32_t path = 0; path < qsdm_path_count(); path++) {
    if (qsdm_path_at(path).missing) continue;
    const bool right = mode.empty() ? wycheproof(path, each, each.text("type"))
                                    : acvp(path, each, each.find("function") ? each.text("function") : mode);
    answers[at++].count(right, each, group);
  }
}

}  // namespace qsdm
