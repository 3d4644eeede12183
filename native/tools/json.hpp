// Enough of JSON to read vector files: objects, arrays, texts without escapes beyond \" and \\, numbers, true, false.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace qsdm {

struct Json {
  // Of a text its value, of a number or word its characters.
  std::string text;
  std::map<std::string, Json> members;
  std::vector<Json> items;

  bool has(const std::string &name) const { return members.count(name) != 0; }
  const Json &at(const std::string &name) const {
    const auto found = members.find(name);
    if (found == members.end()) throw std::runtime_error("no member " + name);
    return found->second;
  }
  std::vector<uint8_t> bytes() const {
    if (text.size() % 2) throw std::runtime_error("odd hex: " + text);
    std::vector<uint8_t> out;
    out.reserve(text.size() / 2);
    for (size_t i = 0; i < text.size(); i += 2)
      out.push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
    return out;
  }
  uint64_t number() const { return std::stoull(text); }

 private:
  static int digit(char character) {
    if (character >= '0' && character <= '9') return character - '0';
    const int letter = character | 0x20;
    if (letter < 'a' || letter > 'f') throw std::runtime_error(std::string("no hex digit: ") + character);
    return letter - 'a' + 10;
  }
};

class JsonReader {
 public:
  explicit JsonReader(const std::string &text) : text_(text) {}

  Json read() {
    Json value;
    const char first = peek();
    if (first == '{') {
      list('}', [&] {
        const std::string name = string();
        expect(':');
        value.members[name] = read();
      });
    } else if (first == '[') {
      list(']', [&] { value.items.push_back(read()); });
    } else if (first == '"') {
      value.text = string();
    } else {
      while (at_ < text_.size() && std::string(",]} \n\r\t").find(text_[at_]) == std::string::npos)
        value.text += text_[at_++];
    }
    return value;
  }

 private:
  char peek() {
    while (at_ < text_.size() && std::string(" \n\r\t").find(text_[at_]) != std::string::npos) at_++;
    if (at_ == text_.size()) throw std::runtime_error("the file ends too early");
    return text_[at_];
  }
  void expect(char wanted) {
    if (peek() != wanted) throw std::runtime_error(std::string("wanted ") + wanted);
    at_++;
  }
  template <class Each>
  void list(char end, Each each) {
    at_++;
    if (peek() != end)
      for (;;) {
        each();
        if (peek() == end) break;
        expect(',');
      }
    at_++;
  }
  std::string string() {
    expect('"');
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') at_++;
      const size_t end = std::min(text_.find_first_of("\"\\", at_ + 1), text_.size());
      out.append(text_, at_, end - at_);
      at_ = end;
    }
    expect('"');
    return out;
  }

  const std::string &text_;
  size_t at_ = 0;
};

}  // namespace qsdm
