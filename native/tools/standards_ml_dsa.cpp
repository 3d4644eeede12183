// Cases of ML-DSA by every engine.
#include <stdexcept>

#include "../core/shake.hpp"
#include "sha2.hpp"
#include "signature_engine.hpp"
#include "standards.hpp"

namespace qsdm {
namespace {

template <int Rate>
Data hashed(const Data &message, size_t size, uint64_t suffix) {
  Shake<Rate> shake;
  begin(shake);
  absorb(shake, message.data(), message.size());
  finish(shake, suffix);
  Data digest(size);
  squeeze(shake, digest.data(), size);
  return digest;
}

// The last arc of each hash's object identifier, under 2.16.840.1.101.3.4.2, and its digest.
struct Prehash {
  const char *name;
  uint8_t arc;
  Data (*digest)(const Data &message);
};
constexpr Prehash PREHASHES[] = {
    {"SHA2-256", 1, sha256},
    {"SHA2-384", 2, sha384},
    {"SHA2-512", 3, sha512},
    {"SHA2-224", 4, sha224},
    {"SHA2-512/224", 5, [](const Data &message) { return sha512_part("SHA-512/224", message, 28); }},
    {"SHA2-512/256", 6, [](const Data &message) { return sha512_part("SHA-512/256", message, 32); }},
    {"SHA3-224", 7, [](const Data &message) { return hashed<144>(message, 28, SHA3_SUFFIX); }},
    {"SHA3-256", 8, [](const Data &message) { return hashed<136>(message, 32, SHA3_SUFFIX); }},
    {"SHA3-384", 9, [](const Data &message) { return hashed<104>(message, 48, SHA3_SUFFIX); }},
    {"SHA3-512", 10, [](const Data &message) { return hashed<72>(message, 64, SHA3_SUFFIX); }},
    {"SHAKE-128", 11, [](const Data &message) { return hashed<SHAKE128_RATE>(message, 32, SHAKE_SUFFIX); }},
    {"SHAKE-256", 12, [](const Data &message) { return hashed<SHAKE256_RATE>(message, 64, SHAKE_SUFFIX); }},
};

// M' of HashML-DSA (FIPS 204, algorithms 4 and 5).
Data prehashed(const std::string &hash, const Data &message, const Data &context) {
  static constexpr uint8_t ARCS[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
  for (const Prehash &each : PREHASHES) {
    if (hash != each.name) continue;
    Data out = {1, static_cast<uint8_t>(context.size())};
    const Data digest = each.digest(message);
    out.insert(out.end(), context.begin(), context.end());
    out.insert(out.end(), ARCS, ARCS + sizeof ARCS);
    out.push_back(each.arc);
    out.insert(out.end(), digest.begin(), digest.end());
    return out;
  }
  throw std::runtime_error("nobody knows what " + hash + " is");
}

struct Message {
  qsdm_form form;
  Data bytes, context;

  qsdm_message view() const { return {form, bytes.data(), bytes.size(), context.data(), context.size()}; }
};

// Room for an address, also of nothing.
Data placed(Data bytes) {
  bytes.reserve(1);
  return bytes;
}

Message message_of(const StandardCase &each) {
  if (each.is_true("externalMu") || !(each.find("msg") || each.find("message")))
    return {QSDM_FORM_MU, placed(each.bytes("mu")), placed({})};
  const Data message = each.bytes(each.find("message") ? "message" : "msg");
  const Data context = each.bytes(each.find("context") ? "context" : "ctx");
  if (each.text("signatureInterface") == "internal") return {QSDM_FORM_INTERNAL, placed(message), placed({})};
  if (each.text("preHash") != "preHash") return {QSDM_FORM_PURE, placed(message), placed(context)};
  return {QSDM_FORM_INTERNAL, prehashed(each.text("hashAlg"), message, context), placed({})};
}

// A case, what the coverage file counts it by, and who answers.
struct Question {
  const StandardCase &each;
  const std::string &group;
  qsdm_ml_dsa level;
  const std::vector<const SignatureEngine *> engines;
  std::vector<Answers> &answers;

  void count(size_t engine, bool right) const { answers[engine].count(right, each, group); }
};

void answer_keygen(const Question &question) {
  const auto &[each, group, level, engines, answers] = question;
  for (size_t i = 0; i < engines.size(); i++)
    if (const auto made = engines[i]->keygen(level, each.bytes("seed")))
      question.count(i, made->public_key == each.bytes("pk") && made->secret_key == each.bytes("sk"));
}

// The secret key of a case, of any size.
Data secret_key_of(const StandardCase &each, qsdm_ml_dsa level, const SignatureEngine &engine, const SignatureEngine &first) {
  if (each.find("sk")) return each.bytes("sk");
  if (each.find("privateKey")) return each.bytes("privateKey");
  const Data seed = each.bytes("privateSeed");
  if (seed.size() != QSDM_SEED_BYTES) return {};
  const auto made = engine.keygen(level, seed);
  return made ? made->secret_key : first.keygen(level, seed)->secret_key;
}

void answer_signing(const Question &question, const Message &message) {
  const auto &[each, group, level, engines, answers] = question;
  const bool refused = each.find("result") && each.text("result") != "valid";
  const Data rnd = each.find("rnd") && !each.is_true("deterministic") ? each.bytes("rnd") : Data(QSDM_RND_BYTES);
  const Data expected = each.bytes(each.find("sig") ? "sig" : "signature");
  for (size_t i = 0; i < engines.size(); i++) {
    const Data key = secret_key_of(each, level, *engines[i], *engines[0]);
    const auto made = key.size() == qsdm_ml_dsa_sizes_of(level).secret_key
                          ? engines[i]->sign(level, key, message.view(), rnd)
                          : std::nullopt;
    question.count(i, made ? !refused && *made == expected : refused);
  }
}

void answer_verifying(const Question &question, const Message &message) {
  const auto &[each, group, level, engines, answers] = question;
  const bool valid = each.find("testPassed") ? each.is_true("testPassed") : each.text("result") == "valid";
  const Data key = placed(each.bytes(each.find("pk") ? "pk" : "publicKey"));
  const Data signature = placed(each.bytes(each.find("sig") ? "sig" : "signature"));
  const qsdm_signed what = {key.data(), key.size(), signature.data(), signature.size(), message.view()};
  for (size_t i = 0; i < engines.size(); i++) question.count(i, (engines[i]->verify(level, what) == QSDM_VALID) == valid);
}

}  // namespace

std::vector<Answers> ml_dsa_answers() {
  std::vector<Answers> out;
  for (const SignatureEngine *engine : signature_engines()) out.push_back({engine->name(), engine->path(), {}, {}});
  return out;
}

std::string ml_dsa_interface(const StandardCase &each) {
  const std::string interface = each.text("signatureInterface");
  const std::string form = each.is_true("externalMu")            ? "mu"
                           : interface == "internal"             ? "internal"
                           : each.text("preHash") == "preHash"   ? "prehash"
                                                                 : "pure";
  const char *way = !each.find("deterministic") ? "" : each.is_true("deterministic") ? " deterministic" : " hedged";
  return interface + " " + form + way;
}

void answer_ml_dsa(const StandardCase &each, const std::string &mode, qsdm_ml_dsa level, const std::string &group,
                   std::vector<Answers> &answers) {
  const Question question{each, group, level, signature_engines(), answers};
  if (mode == "keyGen") return answer_keygen(question);
  const Message message = message_of(each);
  if (mode == "sigVer" || each.text("type") == "MlDsaVerify")
    answer_verifying(question, message);
  else
    answer_signing(question, message);
}

}  // namespace qsdm
