// Cases of ML-DSA by every engine.
#include <map>

#include "../core/shake.hpp"
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

// The last arc of the hash's object identifier, under 2.16.840.1.101.3.4.2, and the digest; empty for one of SHA-2.
Data prehash(const std::string &hash, const Data &message) {
  const auto with = [](uint8_t arc, Data digest) {
    static constexpr uint8_t OID[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
    Data out(OID, OID + sizeof OID);
    out.push_back(arc);
    out.insert(out.end(), digest.begin(), digest.end());
    return out;
  };
  if (hash == "SHA3-224") return with(7, hashed<144>(message, 28, SHA3_SUFFIX));
  if (hash == "SHA3-256") return with(8, hashed<136>(message, 32, SHA3_SUFFIX));
  if (hash == "SHA3-384") return with(9, hashed<104>(message, 48, SHA3_SUFFIX));
  if (hash == "SHA3-512") return with(10, hashed<72>(message, 64, SHA3_SUFFIX));
  if (hash == "SHAKE-128") return with(11, hashed<SHAKE128_RATE>(message, 32, SHAKE_SUFFIX));
  if (hash == "SHAKE-256") return with(12, hashed<SHAKE256_RATE>(message, 64, SHAKE_SUFFIX));
  return {};
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

std::optional<Message> message_of(const StandardCase &each) {
  if (each.is_true("externalMu") || !(each.find("msg") || each.find("message")))
    return Message{QSDM_FORM_MU, placed(each.bytes("mu")), placed({})};
  const Data message = each.bytes(each.find("message") ? "message" : "msg");
  const Data context = each.bytes(each.find("context") ? "context" : "ctx");
  if (each.text("signatureInterface") == "internal") return Message{QSDM_FORM_INTERNAL, placed(message), placed({})};
  if (each.text("preHash") != "preHash") return Message{QSDM_FORM_PURE, placed(message), placed(context)};
  const Data hashed = prehash(each.text("hashAlg"), message);
  if (hashed.empty()) return std::nullopt;
  Data whole = {1, static_cast<uint8_t>(context.size())};
  whole.insert(whole.end(), context.begin(), context.end());
  whole.insert(whole.end(), hashed.begin(), hashed.end());
  return Message{QSDM_FORM_INTERNAL, whole, placed({})};
}

using Engines = std::vector<const SignatureEngine *>;

void answer_keygen(const StandardCase &each, qsdm_ml_dsa level, const Engines &engines, std::vector<Answers> &answers) {
  for (size_t i = 0; i < engines.size(); i++)
    if (const auto made = engines[i]->keygen(level, each.bytes("seed")))
      answers[i].count(made->public_key == each.bytes("pk") && made->secret_key == each.bytes("sk"), each.name);
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

void answer_signing(const StandardCase &each, qsdm_ml_dsa level, const Message &message, const Engines &engines,
                    std::vector<Answers> &answers) {
  const bool refused = each.find("result") && each.text("result") != "valid";
  const Data rnd = each.find("rnd") && !each.is_true("deterministic") ? each.bytes("rnd") : Data(QSDM_RND_BYTES);
  const Data expected = each.bytes(each.find("sig") ? "sig" : "signature");
  for (size_t i = 0; i < engines.size(); i++) {
    const Data key = secret_key_of(each, level, *engines[i], *engines[0]);
    const auto made = key.size() == qsdm_ml_dsa_sizes_of(level).secret_key
                          ? engines[i]->sign(level, key, message.view(), rnd)
                          : std::nullopt;
    answers[i].count(made ? !refused && *made == expected : refused, each.name);
  }
}

void answer_verifying(const StandardCase &each, qsdm_ml_dsa level, const Message &message, const Engines &engines,
                      std::vector<Answers> &answers) {
  const bool valid = each.find("testPassed") ? each.is_true("testPassed") : each.text("result") == "valid";
  const Data key = placed(each.bytes(each.find("pk") ? "pk" : "publicKey"));
  const Data signature = placed(each.bytes(each.find("sig") ? "sig" : "signature"));
  const qsdm_signed what = {key.data(), key.size(), signature.data(), signature.size(), message.view()};
  for (size_t i = 0; i < engines.size(); i++) answers[i].count(engines[i]->verify(level, what) == valid, each.name);
}

}  // namespace

std::vector<Answers> ml_dsa_answers() {
  std::vector<Answers> out;
  for (const SignatureEngine *engine : signature_engines()) out.push_back({engine->name(), {}});
  return out;
}

bool answer_ml_dsa(const StandardCase &each, const std::string &mode, qsdm_ml_dsa level, std::vector<Answers> &answers) {
  const Engines engines = signature_engines();
  if (mode == "keyGen") return answer_keygen(each, level, engines, answers), true;
  const auto message = message_of(each);
  if (!message) return false;
  if (mode == "sigVer" || each.text("type") == "MlDsaVerify")
    answer_verifying(each, level, *message, engines, answers);
  else
    answer_signing(each, level, *message, engines, answers);
  return true;
}

}  // namespace qsdm
