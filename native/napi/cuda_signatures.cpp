// ML-DSA on a device for JavaScript's thread: verifying, and signing with a key that lies on the device.
#include <new>

#include "cuda.hpp"
#include "cuda_verifier.hpp"
#include "forms.hpp"
#include "signatures.hpp"

namespace qsdm {

namespace {

constexpr napi_type_tag SIGNER_TAG = {0x7173646d63756461, 0x7369676e65720001};
constexpr uint64_t MOST_KEYS = 65'536;

struct Signer {
  const CudaLibrary *library;
  qsdm_ml_dsa level;
  qsdm_cuda_signer *signer;

  void destroy() {
    if (signer) library->signer_destroy(signer);
    signer = nullptr;
  }
};

void collected(napi_env, void *data, void *) {
  auto *signer = static_cast<Signer *>(data);
  signer->destroy();
  delete signer;
}

Signer *signer_of(napi_env env, Arguments &arguments) {
  bool tagged = false;
  void *found = nullptr;
  const napi_value value = arguments.at(0);
  const bool read = arguments.ok() && napi_check_object_type_tag(env, value, &SIGNER_TAG, &tagged) == napi_ok && tagged &&
                    napi_unwrap(env, value, &found) == napi_ok && static_cast<Signer *>(found)->signer;
  return arguments.check(read, "a signer on a device is wanted") ? static_cast<Signer *>(found) : nullptr;
}

void no_memory(napi_env env) { napi_throw_error(env, "NATIVE_MEMORY", "no memory for this batch"); }

// createVerifier(device, level, keys): a handle of a device that keeps so many keys ready.
napi_value create_verifier(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const CudaLibrary &library = cuda_library_of(arguments);
  const int device = cuda_device_of(arguments, library);
  const qsdm_ml_dsa level = level_of(arguments, 1);
  const auto keys = static_cast<uint32_t>(arguments.number(2, MOST_KEYS));
  if (!arguments.ok()) return nullptr;
  auto *verifier = new (std::nothrow) CudaVerifier(library, device, level);
  if (!verifier) return no_memory(env), nullptr;
  napi_value handle = nullptr;
  if (cuda_succeeded(env, library, verifier->open(keys)) && !(handle = handle_of(env, verifier))) no_memory(env);
  verifier->release();
  return handle;
}

// verify(verifier, form, public keys[], messages[], contexts[], signatures[], digests) gives a qsdm_refusal for each;
// `digests` is empty or takes the SHA3-256 of each message.
napi_value verify(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const CudaLibrary &library = cuda_library_of(arguments);
  CudaVerifier *verifier = verifier_of(env, arguments, 0);
  SignatureBatch batch;
  if (!verifier || !batch.read_signed(env, arguments, verifier->level, 1)) return nullptr;
  const Bytes digests = arguments.bytes(6);
  if (!arguments.check(digests.size == 0 || digests.size == 32 * batch.count, "a digest is 32 bytes")) return nullptr;
  const int status =
      verifier->verify(batch.items, batch.count, batch.verdicts, digests.size == 0 ? nullptr : digests.data);
  return cuda_succeeded(env, library, status) ? batch.answer(env) : nullptr;
}

// createSigner(device, level, secret key): a handle, or null where those bytes are no key.
napi_value create_signer(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const CudaLibrary &library = cuda_library_of(arguments);
  const int device = cuda_device_of(arguments, library);
  const qsdm_ml_dsa level = level_of(arguments, 1);
  const uint8_t *secret_key = arguments.bytes(2, qsdm_ml_dsa_sizes_of(level).secret_key);
  if (!arguments.ok()) return nullptr;
  auto *signer = new (std::nothrow) Signer{&library, level, nullptr};
  if (!signer) return no_memory(env), nullptr;
  napi_value handle = nullptr;
  const int status = library.signer_create(device, level, secret_key, &signer->signer);
  if (status == QSDM_CUDA_NO_KEY)
    napi_get_null(env, &handle);
  else if (cuda_succeeded(env, library, status) && napi_create_object(env, &handle) == napi_ok &&
           napi_type_tag_object(env, handle, &SIGNER_TAG) == napi_ok &&
           napi_wrap(env, handle, signer, collected, nullptr, nullptr) == napi_ok)
    return handle;
  collected(env, signer, nullptr);
  return handle;
}

// sign(signer, form, messages[], contexts[], rnds, signatures): fills the signatures, one after the other; gives a
// qsdm_refusal for each.
napi_value sign(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const CudaLibrary &library = cuda_library_of(arguments);
  const Signer *signer = signer_of(env, arguments);
  const auto form = static_cast<qsdm_form>(arguments.number(1, QSDM_FORM_MU));
  const uint32_t count = arguments.length(2);
  arguments.check(arguments.length(3) == count, "each message has a context");
  const uint8_t *rnds = arguments.bytes(4, size_t{QSDM_RND_BYTES} * count);
  if (!arguments.ok()) return nullptr;
  uint8_t *signatures = arguments.writable(5, qsdm_ml_dsa_sizes_of(signer->level).signature * count);
  auto *messages = new (std::nothrow) qsdm_message[count];
  SignatureBatch answer;
  answer.verdicts = new (std::nothrow) uint8_t[count];
  answer.count = count;
  napi_value result = nullptr;
  if (!messages || !answer.verdicts) {
    no_memory(env);
  } else {
    for (uint32_t i = 0; i < count && arguments.ok(); i++) {
      const Bytes message = arguments.element(2, i), context = arguments.element(3, i);
      messages[i] = {form, message.data, message.size, context.data, context.size};
    }
    if (arguments.ok() && cuda_succeeded(env, library, library.ml_dsa_sign(signer->signer, messages, count, rnds, signatures,
                                                                           answer.verdicts)))
      result = answer.answer(env);
  }
  delete[] messages;
  return result;
}

// destroySigner(signer): wipes the key at once; no other function takes it afterwards.
napi_value destroy_signer(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  if (Signer *signer = signer_of(env, arguments)) signer->destroy();
  return nullptr;
}

}  // namespace

const CudaFunction CUDA_SIGNATURES[] = {{"createVerifier", create_verifier},
                                        {"verify", verify},
                                        {"createSigner", create_signer},
                                        {"sign", sign},
                                        {"destroySigner", destroy_signer},
                                        {nullptr, nullptr}};

}  // namespace qsdm
