// Everything that signs and verifies here, behind one shape: the paths of the C interface, and threads of a GPU, run by the
// CPU or by a device.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../include/qsdm_signatures.h"
#include "engine.hpp"

namespace qsdm {

struct SignatureEngine {
  virtual ~SignatureEngine() = default;
  virtual std::string name() const = 0;
  // In the coverage file: all devices are one.
  virtual std::string path() const = 0;
  // Nothing where those bytes are no key, or the message cannot be signed. The secret key has its size.
  virtual std::optional<Data> sign(qsdm_ml_dsa level, const Data &secret_key, const qsdm_message &message,
                                   const Data &rnd) const = 0;
  virtual qsdm_refusal verify(qsdm_ml_dsa level, const qsdm_signed &what) const = 0;
  // Nothing where it makes no keys. The seed has its size.
  struct KeyPair {
    Data public_key, secret_key;
  };
  virtual std::optional<KeyPair> keygen(qsdm_ml_dsa, const Data &) const { return std::nullopt; }
};

// A device each.
std::vector<std::unique_ptr<SignatureEngine>> cuda_signature_engines();

// Those that this machine can run; the scalar path, which makes keys, first.
std::vector<const SignatureEngine *> signature_engines();

}  // namespace qsdm
