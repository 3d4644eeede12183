// The recorded vectors on every engine.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "check.hpp"
#include "engine.hpp"
#include "json.hpp"
#include "limit.hpp"

namespace qsdm {
namespace {

// "QSDM/mesh3d-pow/v1", the epoch as eight bytes, and the work set's root.
Data first_entry(const Engine &engine, const Json &input) {
  const std::string domain = "QSDM/mesh3d-pow/v1";
  Data message(domain.begin(), domain.end());
  const uint64_t epoch = input.at("epoch").number();
  for (int i = 0; i < 8; i++) message.push_back(static_cast<uint8_t>(epoch >> 8 * i));
  const Data root = input.at("workset_root").bytes();
  message.insert(message.end(), root.begin(), root.end());
  return engine.sha3({message})[0];
}

Data table_of(const Engine &engine, const Json &input) {
  Data table = first_entry(engine, input);
  const Data rest = engine.extend(table, 1, input.at("n").number() - 1);
  table.insert(table.end(), rest.begin(), rest.end());
  return table;
}

Data slice(const Data &from, size_t at, size_t size) {
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(at);
  return Data(begin, begin + static_cast<std::ptrdiff_t>(size));
}

Data checkpoints_of(const Data &table, uint64_t interval) {
  Data marks;
  for (size_t at = 0; at < table.size(); at += interval * QSDM_ENTRY_BYTES) {
    const Data mark = slice(table, at, QSDM_ENTRY_BYTES);
    marks.insert(marks.end(), mark.begin(), mark.end());
  }
  return marks;
}

bool walk_is_right(const Engine &engine, const Json &input, const Json &expected, const Data &table) {
  Data start = input.at("header_hash").bytes();
  const Data nonce = input.at("nonce").bytes(), marks = checkpoints_of(table, 7);
  start.insert(start.end(), nonce.begin(), nonce.end());
  const uint64_t entries = table.size() / QSDM_ENTRY_BYTES;
  bool right = true;
  for (const qsdm_dag &dag : {qsdm_dag{table.data(), entries, 1}, qsdm_dag{marks.data(), entries, 7}}) {
    if (dag.interval > 1 && !engine.walks_checkpoints()) continue;
    if (expected.has("mix_v1")) right &= engine.walk(dag, QSDM_MIX_PLAIN, start) == expected.at("mix_v1").bytes();
    right &= engine.walk(dag, QSDM_MIX_TENSOR, start) == expected.at("mix_v2").bytes();
  }
  return right;
}

bool search_is_right(const Engine &engine, const Json &input, const Json &expected, const Data &table) {
  const Data header = input.at("header_hash").bytes(), root = input.at("batch_root").bytes();
  const Data limit = limit_of(input.at("difficulty").number());
  const qsdm_mix mix = input.at("tensor_core_active").text == "true" ? QSDM_MIX_TENSOR : QSDM_MIX_PLAIN;
  const qsdm_dag dag = {table.data(), table.size() / QSDM_ENTRY_BYTES, 1};
  const qsdm_search job = {header.data(), root.data(), limit.data(), dag, mix, nullptr, 0};
  const qsdm_found found = engine.search(job, input.at("start_nonce").bytes(), 10'000);
  return found.found && found.attempts == expected.at("attempts").number() &&
         Data(found.nonce, found.nonce + 16) == expected.at("nonce").bytes() &&
         Data(found.mix, found.mix + 32) == expected.at("mix_digest").bytes();
}

enum class Answer { right, wrong, not_asked };

Answer answer(const Engine &engine, const Json &each) {
  const Json &input = each.at("input");
  const std::string op = input.at("op").text;
  const bool walks = op == "mix" || op == "mix_v2" || op == "mix_v2_trace";
  if (!each.has("expected") || !(walks || op == "solve" || op == "entries" || op == "seed")) return Answer::not_asked;
  const Json &expected = each.at("expected");
  bool right = true;
  if (op == "seed") {
    right = first_entry(engine, input) == expected.at("entry0").bytes();
  } else {
    const Data table = table_of(engine, input);
    if (walks) right = walk_is_right(engine, input, expected, table);
    if (op == "solve") right = search_is_right(engine, input, expected, table);
    if (op == "entries")
      for (const Json &entry : expected.at("entries").items)
        right &= slice(table, entry.at("index").number() * QSDM_ENTRY_BYTES, QSDM_ENTRY_BYTES) ==
                 entry.at("value").bytes();
  }
  return right ? Answer::right : Answer::wrong;
}

}  // namespace

Tally check_vectors(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const std::string content = text.str();
  const Json vectors = JsonReader(content).read();
  Tally total;
  for (const Engine *engine : engines()) {
    Tally mine;
    for (const Json &each : vectors.at("cases").items) {
      const Answer given = answer(*engine, each);
      if (given == Answer::not_asked) continue;
      (given == Answer::right ? mine.passed : mine.failed)++;
      if (given == Answer::wrong) std::printf("FAIL %s: %s\n", engine->name().c_str(), each.at("name").text.c_str());
    }
    if (mine.passed + mine.failed == 0) mine.failed++;
    std::printf("%s: %s: %zu passed, %zu failed\n", path.c_str(), engine->name().c_str(), mine.passed, mine.failed);
    total.passed += mine.passed;
    total.failed += mine.failed;
  }
  return total;
}

}  // namespace qsdm
