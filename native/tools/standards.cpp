#include "standards.hpp"

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

namespace qsdm {

const Json *StandardCase::find(const std::string &field) const {
  for (const Json *each : {&answer, &test, &group})
    if (each->has(field)) return &each->at(field);
  return nullptr;
}
Data StandardCase::bytes(const std::string &field) const {
  const Json *found = find(field);
  return found ? found->bytes() : Data();
}
std::string StandardCase::text(const std::string &field) const {
  const Json *found = find(field);
  return found ? found->text : "";
}

void Answers::count(bool right, const std::string &name) {
  (right ? tally.passed : tally.failed)++;
  if (!right) std::printf("FAIL %s: %s\n", engine.c_str(), name.c_str());
}

namespace {

std::string key_of(const Json &group, const Json &test) { return group.at("tgId").text + " " + test.at("tcId").text; }

// Calls `each` for every case.
template <class Each>
void for_cases(const Json &file, Each each) {
  static const Json none;
  const bool is_acvp = file.has("prompt");
  std::map<std::string, const Json *> answers;
  if (is_acvp)
    for (const Json &group : file.at("expectedResults").at("testGroups").items)
      for (const Json &test : group.at("tests").items) answers[key_of(group, test)] = &test;
  for (const Json &group : (is_acvp ? file.at("prompt") : file).at("testGroups").items)
    for (const Json &test : group.at("tests").items)
      each(StandardCase{group, test, is_acvp ? *answers.at(key_of(group, test)) : none, "case " + test.at("tcId").text});
}

}  // namespace

Tally check_standard(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const std::string content = text.str();
  const Json vectors = JsonReader(content).read();
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::string mode = vectors.has("mode") ? vectors.at("mode").text : "";
  const bool is_kem = name.find("KEM") != std::string::npos || name.find("mlkem") != std::string::npos;
  const qsdm_ml_dsa level = name.find("44") != std::string::npos ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87;
  std::vector<Answers> answers = is_kem ? ml_kem_answers() : ml_dsa_answers();
  size_t left_out = 0;
  for_cases(vectors, [&](const StandardCase &each) {
    if (is_kem)
      answer_ml_kem(each, mode, answers);
    else if (!answer_ml_dsa(each, mode, level, answers))
      left_out++;
  });
  Tally total;
  for (Answers &each : answers) {
    if (each.tally.passed + each.tally.failed == 0) continue;
    std::printf("%s: %s: %zu passed, %zu failed\n", name.c_str(), each.engine.c_str(), each.tally.passed, each.tally.failed);
    total.passed += each.tally.passed;
    total.failed += each.tally.failed;
  }
  if (left_out > 0) std::printf("%s: %zu cases of hashes that are not here left out\n", name.c_str(), left_out);
  if (total.passed + total.failed == 0) {
    std::printf("FAIL %s: no case\n", name.c_str());
    total.failed++;
  }
  return total;
}

}  // namespace qsdm
