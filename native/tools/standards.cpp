#include "standards.hpp"

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

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

void Answers::count(bool right, const StandardCase &each, const std::string &group) {
  (right ? tally.passed : tally.failed)++;
  groups[group]++;
  if (!right) std::printf("FAIL %s: %s: %s\n", engine.c_str(), group.c_str(), each.name.c_str());
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

Json read(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error(path + ": cannot be read");
  const std::string content = text.str();
  return JsonReader(content).read();
}

// What the coverage file counts by: the set, and of ACVP the function and the interface that is asked.
std::string group_of(const StandardCase &each, const std::string &mode, const std::string &file, bool is_kem) {
  if (mode.empty()) {
    const size_t from = file.find("ml"), to = file.find("_test");
    return "Wycheproof " + file.substr(from, to - from);
  }
  if (is_kem) return "ACVP " + (each.find("function") ? each.text("function") : mode);
  const std::string keys = "ACVP " + mode + " " + each.text("parameterSet");
  return mode == "keyGen" ? keys : keys + " " + ml_dsa_interface(each);
}

std::string name_of(const std::string &path) { return path.substr(path.rfind('/') + 1); }
bool is_of_ml_kem(const std::string &path) {
  const std::string name = name_of(path);
  return name.find("KEM") != std::string::npos || name.find("mlkem") != std::string::npos;
}

// Lets the paths answer the cases of a file. Returns how many there are.
size_t answer_file(const std::string &path, bool is_kem, std::vector<Answers> &answers) {
  if (is_of_ml_kem(path) != is_kem) throw std::runtime_error(path + ": of another scheme than the first file");
  const Json vectors = read(path);
  const std::string name = name_of(path);
  const std::string mode = vectors.has("mode") ? vectors.at("mode").text : "";
  const qsdm_ml_dsa level = name.find("44") != std::string::npos ? QSDM_ML_DSA_44 : QSDM_ML_DSA_87;
  size_t count = 0;
  for_cases(vectors, [&](const StandardCase &each) {
    const std::string group = group_of(each, mode, name, is_kem);
    if (is_kem)
      answer_ml_kem(each, mode, group, answers);
    else
      answer_ml_dsa(each, mode, level, group, answers);
    count++;
  });
  return count;
}

// Whether a path has answered what the coverage file says, no more and no less.
bool covers(const Json &coverage, const Answers &answers) {
  std::map<std::string, size_t> wanted, given = answers.groups;
  for (const auto &[group, count] : coverage.at(answers.path).members) {
    wanted[group] = count.number();
    given.try_emplace(group, 0);
  }
  bool right = true;
  for (const auto &[group, count] : given) {
    if (count == wanted[group]) continue;
    std::printf("FAIL %s: %s: %zu cases, not %zu\n", answers.engine.c_str(), group.c_str(), count, wanted[group]);
    right = false;
  }
  return right;
}

}  // namespace

Tally check_standards(const std::string &coverage, const std::vector<std::string> &files) {
  const Json wanted = read(coverage);
  const bool is_kem = is_of_ml_kem(files.at(0));
  std::vector<Answers> answers = is_kem ? ml_kem_answers() : ml_dsa_answers();
  Tally total;
  size_t cases = 0;
  for (const std::string &file : files) {
    const size_t count = answer_file(file, is_kem, answers);
    cases += count;
    if (count > 0) continue;
    std::printf("FAIL %s: no case\n", file.c_str());
    total.failed++;
  }
  for (const Answers &each : answers) {
    const auto &[passed, failed] = each.tally;
    std::printf("%s: %s answers %zu of %zu cases, %zu of them wrong\n", coverage.c_str(), each.engine.c_str(), passed + failed,
                cases, failed);
    total.passed += passed;
    total.failed += failed + (covers(wanted, each) ? 0 : 1);
  }
  return total;
}

}  // namespace qsdm
