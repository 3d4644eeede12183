#pragma once

#include <map>

#include "check.hpp"
#include "engine.hpp"
#include "json.hpp"
#include "../include/qsdm_signatures.h"

namespace qsdm {

// NIST's ACVP and C2SP's Wycheproof files of one scheme as published, unpacked. How many cases of each group each path has
// to answer is in the coverage file; a path that answers more or fewer fails, and so does a file that is missing or empty.
// Throws std::exception for what is no such file.
Tally check_standards(const std::string &coverage, const std::vector<std::string> &files);

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

// What one engine has said.
struct Answers {
  std::string engine;
  // Its name in the coverage file.
  std::string path;
  Tally tally;
  std::map<std::string, size_t> groups;

  void count(bool right, const StandardCase &each, const std::string &group);
};

// A case by each path that can express it. `mode` is ACVP's, empty for Wycheproof; the group is what coverage counts by.
void answer_ml_dsa(const StandardCase &each, const std::string &mode, qsdm_ml_dsa level, const std::string &group,
                   std::vector<Answers> &answers);
void answer_ml_kem(const StandardCase &each, const std::string &mode, const std::string &group,
                   std::vector<Answers> &answers);
std::vector<Answers> ml_dsa_answers();
std::vector<Answers> ml_kem_answers();
// Of a case of ACVP: interface, form and, of signing, which way.
std::string ml_dsa_interface(const StandardCase &each);

}  // namespace qsdm
