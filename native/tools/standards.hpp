#pragma once

#include "check.hpp"
#include "engine.hpp"
#include "json.hpp"
#include "../include/qsdm_signatures.h"

namespace qsdm {

// NIST's ACVP and C2SP's Wycheproof files as published, unpacked: one without a case that can be answered fails. Throws
// std::exception for what is no such file.
Tally check_standard(const std::string &path);

// A case's fields beside its group's; ACVP keeps what is expected in a list of its own.
struct StandardCase {
  const Json &group, &test, &answer;
  std::string name;

  const Json *find(const std::string &field) const;
  // The bytes of a field, none where it is missing.
  Data bytes(const std::string &field) const;
  std::string text(const std::string &field) const;
  bool is_true(const std::string &field) const { return text(field) == "true"; }
};

// What one engine has said to a file.
struct Answers {
  std::string engine;
  Tally tally;

  void count(bool right, const std::string &name);
};

// A case of ML-DSA by each engine. False where none can express it: a hash that is not of SHA-3.
bool answer_ml_dsa(const StandardCase &each, const std::string &mode, qsdm_ml_dsa level, std::vector<Answers> &answers);
std::vector<Answers> ml_dsa_answers();
void answer_ml_kem(const StandardCase &each, const std::string &mode, std::vector<Answers> &answers);
std::vector<Answers> ml_kem_answers();

}  // namespace qsdm
