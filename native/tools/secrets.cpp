// qsdm-secrets: what may be seen of a secret key from outside, by how long signing takes and by where it branches.
//
//   taint            makes keys, signs, encapsulates and decapsulates, commits and computes in the field, with secrets that memcheck takes for undefined (see core/secrets.hpp)
//   traces           looks for secrets on the stack that key encapsulation ran on
//   timing SAMPLES   Welch's t-test over two classes of secret keys (Reparaz, Balasch and Verbauwhede, "Dude, is my code
//                    constant time?", 2017)
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <pthread.h>

#include "../core/ml_dsa/thread_keys.hpp"
#include "../core/ml_dsa/thread_sign.hpp"
#include "../core/secrets.hpp"
#include "../include/qsdm_field.h"
#include "../include/qsdm_kem.h"
#include "../include/qsdm_pedersen.h"
#include "../include/qsdm_signatures.h"

#if defined(QSDM_TAINT)
#include <valgrind/memcheck.h>
#endif

namespace {

using Data = std::vector<uint8_t>;
using Level = qsdm_ml_dsa;

constexpr Level LEVELS[] = {QSDM_ML_DSA_44, QSDM_ML_DSA_87};
// Where rho ends, and the vectors begin, in a secret key; tr lies between the key of the hedge and them.
constexpr size_t HEDGE_KEY_AT = 32, TR_AT = 64, VECTORS_AT = 128;

std::mt19937_64 random_words{std::random_device()()};

Data random_data(size_t size) {
  Data out(size);
  for (uint8_t &byte : out) byte = static_cast<uint8_t>(random_words());
  return out;
}

qsdm_message message_of(const Data &bytes) { return {QSDM_FORM_PURE, bytes.data(), bytes.size(), bytes.data(), 0}; }

std::vector<uint32_t> usable_paths() {
  std::vector<uint32_t> paths;
  for (uint32_t path = 0; path < qsdm_path_count(); path++)
    if (!qsdm_path_at(path).missing) paths.push_back(path);
  return paths;
}

Data secret_key_of(uint32_t path, Level level, const Data &seed) {
  const qsdm_ml_dsa_sizes sizes = qsdm_ml_dsa_sizes_of(level);
  Data public_key(sizes.public_key), secret_key(sizes.secret_key);
  if (qsdm_ml_dsa_keygen(path, level, seed.data(), public_key.data(), secret_key.data()) != 0) std::abort();
  return secret_key;
}

void mark([[maybe_unused]] uint8_t *bytes, [[maybe_unused]] size_t size) {
#if defined(QSDM_TAINT)
  (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
#endif
}

bool is_watched() {
#if defined(QSDM_TAINT)
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}

// Signs with a key whose secret parts are marked, and a hedge that is.
void tainted_signature(uint32_t path, Level level, Data &secret_key) {
  mark(secret_key.data() + HEDGE_KEY_AT, TR_AT - HEDGE_KEY_AT);
  mark(secret_key.data() + VECTORS_AT, secret_key.size() - VECTORS_AT);
  qsdm_signer *signer = nullptr;
  if (qsdm_signer_create(path, level, secret_key.data(), &signer) != QSDM_SIGNER_READY) std::abort();
  for (int round = 0; round < 3; round++) {
    const Data bytes = random_data(100);
    Data rnd = random_data(32), signature(qsdm_ml_dsa_sizes_of(level).signature);
    mark(rnd.data(), rnd.size());
    const qsdm_message message = message_of(bytes);
    if (qsdm_signer_sign(path, signer, &message, rnd.data(), signature.data()) != QSDM_VALID) std::abort();
    // A signature is public; memcheck would report whatever of it is not.
    uint32_t sum = 0;
    for (const uint8_t byte : signature) sum += byte;
    if (sum == 0) std::abort();
  }
  qsdm_signer_destroy(signer);
}

// The same by what a thread of a GPU runs.
template <class P>
void tainted_thread(Data &secret_key) {
  mark(secret_key.data() + HEDGE_KEY_AT, TR_AT - HEDGE_KEY_AT);
  mark(secret_key.data() + VECTORS_AT, secret_key.size() - VECTORS_AT);
  const auto key = std::make_unique<qsdm::ml_dsa::SecretKey<P>>();
  for (int part = 0; part < qsdm::ml_dsa::SECRET_PARTS<P>; part++)
    if (!qsdm::ml_dsa::thread_load<P>(secret_key.data(), part, *key)) std::abort();
  const Data bytes = random_data(100);
  Data rnd = random_data(32), signature(P::SIGNATURE_BYTES);
  mark(rnd.data(), rnd.size());
  qsdm::ml_dsa::SigningSeed seed;
  qsdm::ml_dsa::thread_begin_signing<P>(*key, message_of(bytes), rnd.data(), seed);
  int attempt = 0;
  while (!qsdm::ml_dsa::thread_sign<P>(*key, seed, attempt, signature.data()))
    if (++attempt == qsdm::ml_dsa::MOST_ATTEMPTS) std::abort();
  uint32_t sum = 0;
  for (const uint8_t byte : signature) sum += byte;
  if (sum == 0) std::abort();
}

// Makes keys of a seed that is marked, and sends and takes a marked message under them, whole and damaged.
void tainted_kem(uint32_t path) {
  Data public_key(QSDM_KEM_PUBLIC_KEY_BYTES), secret_key(QSDM_KEM_SECRET_KEY_BYTES);
  Data seed = random_data(QSDM_KEM_SEED_BYTES), message = random_data(QSDM_KEM_MESSAGE_BYTES);
  mark(seed.data(), seed.size());
  mark(message.data(), message.size());
  qsdm_ml_kem_keygen(path, seed.data(), public_key.data(), secret_key.data());
  Data ciphertext(QSDM_KEM_CIPHERTEXT_BYTES), sent(QSDM_KEM_SECRET_BYTES), received(sent);
  if (qsdm_ml_kem_encapsulate(path, public_key.data(), message.data(), ciphertext.data(), sent.data()) != QSDM_KEM_DONE)
    std::abort();
  // What both sides know is looked at here alone.
  qsdm::declassify(sent.data(), sent.size());
  for (const bool whole : {true, false}) {
    if (!whole) ciphertext[random_words() % ciphertext.size()] ^= 1;
    if (qsdm_ml_kem_decapsulate(path, secret_key.data(), ciphertext.data(), received.data()) != QSDM_KEM_DONE) std::abort();
    qsdm::declassify(received.data(), received.size());
    if ((sent == received) != whole) std::abort();
  }
}

// Commits to marked values with marked blindings.
void tainted_commitments() {
  constexpr size_t COUNT = 3;
  Data values = random_data(COUNT * QSDM_SCALAR_BYTES), blindings = random_data(values.size());
  Data commitments(COUNT * QSDM_COMMITMENT_BYTES);
  for (size_t at = 0; at < values.size(); at += QSDM_SCALAR_BYTES) values[at] = blindings[at] = 0;
  mark(values.data(), values.size());
  mark(blindings.data(), blindings.size());
  qsdm_pedersen_commit(values.data(), blindings.data(), COUNT, commitments.data());
  qsdm::declassify(commitments.data(), commitments.size());
  // The flag of the compressed form, and no identity.
  for (size_t at = 0; at < commitments.size(); at += QSDM_COMMITMENT_BYTES)
    if ((commitments[at] & 0xc0) != 0x80) std::abort();
}

// Elements modulo p, marked, below 2^126 each.
Data tainted_elements(size_t count) {
  Data elements = random_data(count * QSDM_ELEMENT_BYTES);
  for (size_t at = QSDM_ELEMENT_BYTES - 1; at < elements.size(); at += QSDM_ELEMENT_BYTES) elements[at] &= 0x3f;
  mark(elements.data(), elements.size());
  return elements;
}

// Computes on marked elements; the weights of a sum are marked as the rows are.
void tainted_field() {
  constexpr size_t ROWS = 3, COLUMNS = 7;
  const Data weights = tainted_elements(ROWS), matrix = tainted_elements(ROWS * COLUMNS), others = tainted_elements(COLUMNS);
  Data sums(COLUMNS * QSDM_ELEMENT_BYTES), products(sums), inverses(sums);
  qsdm_field_combine(weights.data(), matrix.data(), ROWS, COLUMNS, sums.data());
  qsdm_field_add(sums.data(), others.data(), COLUMNS, sums.data());
  qsdm_field_multiply(sums.data(), others.data(), COLUMNS, products.data());
  qsdm_field_invert(products.data(), COLUMNS, inverses.data());
  qsdm::declassify(inverses.data(), inverses.size());
  if (!qsdm_field_are_elements(inverses.data(), COLUMNS)) std::abort();
}

int taint() {
  if (!is_watched()) {
    std::fprintf(stderr, "qsdm-secrets: taint takes a build with QSDM_TAINT, and valgrind\n");
    return 2;
  }
  tainted_commitments();
  std::printf("Pedersen's commitments were made\n");
  tainted_field();
  std::printf("field elements were summed with secret weights, multiplied and inverted\n");
  for (const uint32_t path : usable_paths()) {
    for (const Level level : LEVELS) {
      Data seed = random_data(32);
      mark(seed.data(), seed.size());
      Data secret_key = secret_key_of(path, level, seed);
      tainted_signature(path, level, secret_key);
      std::printf("%s: ML-DSA-%d made keys and signed\n", qsdm_path_at(path).name, static_cast<int>(level));
    }
    if (path == 0) {
      Data small = secret_key_of(path, QSDM_ML_DSA_44, random_data(32)), large = secret_key_of(path, QSDM_ML_DSA_87, random_data(32));
      tainted_thread<qsdm::ml_dsa::Params<44>>(small);
      tainted_thread<qsdm::ml_dsa::Params<87>>(large);
      std::printf("a thread of a gpu, run by the cpu: signed at both levels\n");
    }
    tainted_kem(path);
    std::printf("%s: ML-KEM-768 made keys, encapsulated and decapsulated\n", qsdm_path_at(path).name);
  }
  return 0;
}

// What taint is to find: a branch on a secret.
int leak() {
  Data secret = random_data(1);
  mark(secret.data(), secret.size());
  if (secret[0] & 1) std::printf("odd\n");
  return 0;
}

// What a call leaves below it: the stack of a thread that did nothing else.
Data stack_after(const std::function<void()> &run) {
  constexpr size_t SIZE = size_t{1} << 20;
  auto *stack = static_cast<uint8_t *>(std::aligned_alloc(4096, SIZE));
  if (!stack) std::abort();
  std::memset(stack, 0, SIZE);
  pthread_attr_t attributes;
  pthread_t thread;
  const auto call = [](void *work) -> void * {
    (*static_cast<const std::function<void()> *>(work))();
    return nullptr;
  };
  if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstack(&attributes, stack, SIZE) != 0 ||
      pthread_create(&thread, &attributes, call, const_cast<std::function<void()> *>(&run)) != 0)
    std::abort();
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  Data left(stack, stack + SIZE);
  std::free(stack);
  return left;
}

// Whether a half of `secret` is in `left`: what is copied in vectors may lie in pieces.
bool left_there(const Data &left, const Data &secret, const char *path, const char *what) {
  bool found = false;
  for (const size_t at : {size_t{0}, size_t{16}})
    found = found || std::search(left.begin(), left.end(), secret.begin() + static_cast<std::ptrdiff_t>(at),
                                 secret.begin() + static_cast<std::ptrdiff_t>(at + 16)) != left.end();
  if (found) std::printf("%s: ML-KEM-768 leaves %s on the stack\n", path, what);
  return found;
}

int traces() {
  bool good = true;
  for (const uint32_t path : usable_paths()) {
    const char *name = qsdm_path_at(path).name;
    const Data seed = random_data(QSDM_KEM_SEED_BYTES), message = random_data(QSDM_KEM_MESSAGE_BYTES);
    const auto half = seed.begin() + QSDM_KEM_SEED_BYTES / 2;
    const Data d(seed.begin(), half), z(half, seed.end());
    Data public_key(QSDM_KEM_PUBLIC_KEY_BYTES), secret_key(QSDM_KEM_SECRET_KEY_BYTES);
    Data ciphertext(QSDM_KEM_CIPHERTEXT_BYTES), sent(QSDM_KEM_SECRET_BYTES), received(sent);
    const Data making =
        stack_after([&] { qsdm_ml_kem_keygen(path, seed.data(), public_key.data(), secret_key.data()); });
    good = !left_there(making, d, name, "d") && !left_there(making, z, name, "z") && good;
    const Data sending = stack_after([&] {
      if (qsdm_ml_kem_encapsulate(path, public_key.data(), message.data(), ciphertext.data(), sent.data()) !=
          QSDM_KEM_DONE)
        std::abort();
    });
    good = !left_there(sending, message, name, "a message") &&
           !left_there(sending, sent, name, "a secret that was sent") && good;
    // Taken whole, and damaged, which gives what z and the ciphertext hash to.
    for (const char *what : {"a secret that was taken", "a secret of a damaged ciphertext"}) {
      const Data taking = stack_after([&] {
        if (qsdm_ml_kem_decapsulate(path, secret_key.data(), ciphertext.data(), received.data()) != QSDM_KEM_DONE)
          std::abort();
      });
      good = !left_there(taking, received, name, what) && !left_there(taking, message, name, "a message") &&
             !left_there(taking, z, name, "z") && good;
      ciphertext[random_words() % ciphertext.size()] ^= 1;
    }
    if (good) std::printf("%s: ML-KEM-768 leaves no secret on the stack\n", name);
  }
  return good ? 0 : 1;
}

struct Class {
  double count = 0, mean = 0, squares = 0;

  void add(double value) {
    count++;
    const double off = value - mean;
    mean += off / count;
    squares += off * (value - mean);
  }
  double error() const { return squares / (count - 1) / count; }
};

double welch(const Class &a, const Class &b) { return (a.mean - b.mean) / std::sqrt(a.error() + b.error()); }

// Keys of each class lie at as many addresses, so that the caches do not tell them apart.
constexpr size_t KEYS = 32;
constexpr double THRESHOLD = 4.5;

struct Sample {
  bool random_key;
  double ns;
};

// The largest |t| of all samples and of those below some quantiles, which interruptions lie above.
double largest(std::vector<Sample> &samples) {
  std::vector<double> times;
  for (const Sample &sample : samples) times.push_back(sample.ns);
  std::sort(times.begin(), times.end());
  double most = 0;
  for (const double part : {0.5, 0.75, 0.9, 0.99, 1.0}) {
    const double limit = times[static_cast<size_t>(part * static_cast<double>(times.size() - 1))];
    Class classes[2];
    for (const Sample &sample : samples)
      if (sample.ns <= limit) classes[sample.random_key].add(sample.ns);
    most = std::max(most, std::fabs(welch(classes[0], classes[1])));
  }
  return most;
}

// Times `run` over both classes, and says whether they can be told apart. `prepare` draws what a run takes.
bool time_classes(const std::string &what, size_t count, const std::function<void(bool is_random)> &prepare,
                  const std::function<void()> &run) {
  std::vector<Sample> samples;
  for (size_t i = 0; i < count; i++) {
    const bool is_random = random_words() & 1;
    prepare(is_random);
    const auto start = std::chrono::steady_clock::now();
    run();
    const auto took = std::chrono::steady_clock::now() - start;
    samples.push_back({is_random, static_cast<double>(std::chrono::nanoseconds(took).count())});
  }
  const double t = largest(samples);
  std::printf("%s, %zu samples: |t| %.2f %s\n", what.c_str(), count, t,
              t < THRESHOLD ? "" : "TELLS THE CLASSES APART");
  return t < THRESHOLD;
}

bool time_signing(uint32_t path, Level level, size_t count) {
  qsdm_signer *signers[2][KEYS];
  const Data fixed = random_data(32);
  for (size_t key = 0; key < KEYS; key++)
    for (int is_random = 0; is_random < 2; is_random++) {
      const Data secret_key = secret_key_of(path, level, is_random ? random_data(32) : fixed);
      if (qsdm_signer_create(path, level, secret_key.data(), &signers[is_random][key]) != QSDM_SIGNER_READY) std::abort();
    }
  Data signature(qsdm_ml_dsa_sizes_of(level).signature), bytes, rnd;
  const qsdm_signer *signer = nullptr;
  const bool good = time_classes(
      std::string(qsdm_path_at(path).name) + ": ML-DSA-" + std::to_string(static_cast<int>(level)) + " signing", count,
      [&](bool is_random) {
        signer = signers[is_random][random_words() % KEYS];
        bytes = random_data(64);
        rnd = random_data(32);
      },
      [&] {
        const qsdm_message message = message_of(bytes);
        if (qsdm_signer_sign(path, signer, &message, rnd.data(), signature.data()) != QSDM_VALID) std::abort();
      });
  for (auto &row : signers)
    for (qsdm_signer *each : row) qsdm_signer_destroy(each);
  return good;
}

struct KemKeys {
  Data public_key = Data(QSDM_KEM_PUBLIC_KEY_BYTES), secret_key = Data(QSDM_KEM_SECRET_KEY_BYTES);
};

KemKeys kem_keys(uint32_t path) {
  KemKeys made;
  const Data seed = random_data(QSDM_KEM_SEED_BYTES);
  qsdm_ml_kem_keygen(path, seed.data(), made.public_key.data(), made.secret_key.data());
  return made;
}

// Decapsulation with one secret vector and with many, and of ciphertexts that were made and that were changed. The public
// key is the same in both classes: how long its matrix takes to draw may be seen. So a secret vector is not the one
// that belongs to it, which nothing in decapsulation asks for.
bool time_decapsulation(uint32_t path, size_t count) {
  const KemKeys keys = kem_keys(path);
  const size_t vector_bytes = QSDM_KEM_SECRET_KEY_BYTES - QSDM_KEM_PUBLIC_KEY_BYTES - 64;
  const Data fixed = random_data(vector_bytes);
  // Vectors of either class are as many, and are copied before their use to a place that has nothing to do with their class:
  // how a key lies in its cache lines may be seen.
  std::vector<Data> vectors[2], places;
  for (size_t key = 0; key < KEYS; key++) {
    vectors[false].push_back(fixed);
    vectors[true].push_back(random_data(vector_bytes));
    places.push_back(keys.secret_key);
  }
  Data ciphertext(QSDM_KEM_CIPHERTEXT_BYTES), secret(QSDM_KEM_SECRET_BYTES);
  const Data *key = nullptr;
  const auto encapsulate = [&] {
    const Data message = random_data(QSDM_KEM_MESSAGE_BYTES);
    if (qsdm_ml_kem_encapsulate(path, keys.public_key.data(), message.data(), ciphertext.data(), secret.data()) !=
        QSDM_KEM_DONE)
      std::abort();
  };
  const auto decapsulate = [&] {
    if (qsdm_ml_kem_decapsulate(path, key->data(), ciphertext.data(), secret.data()) != QSDM_KEM_DONE) std::abort();
  };
  const std::string what = std::string(qsdm_path_at(path).name) + ": ML-KEM-768 decapsulation, ";
  const bool by_key = time_classes(
      what + "one secret and many", count,
      [&](bool is_random) {
        encapsulate();
        const Data &vector = vectors[is_random][random_words() % KEYS];
        Data &place = places[random_words() % KEYS];
        std::copy(vector.begin(), vector.end(), place.begin());
        key = &place;
      },
      decapsulate);
  const bool by_ciphertext = time_classes(
      what + "made and changed", count,
      [&](bool is_random) {
        encapsulate();
        key = &keys.secret_key;
        // Both classes write a byte; one writes what is there.
        ciphertext[random_words() % ciphertext.size()] ^= static_cast<uint8_t>(is_random);
      },
      decapsulate);
  return by_key && by_ciphertext;
}

int timing(size_t count) {
  bool good = true;
  for (const uint32_t path : usable_paths()) {
    for (const Level level : LEVELS) good = time_signing(path, level, count) && good;
    good = time_decapsulation(path, count) && good;
  }
  return good ? 0 : 1;
}

}  // namespace

int main(int count, char **words) {
  const std::string command = count > 1 ? words[1] : "";
  if (command == "taint" && count == 2) return taint();
  if (command == "leak" && count == 2) return leak();
  if (command == "traces" && count == 2) return traces();
  if (command == "timing" && count == 3) return timing(std::strtoull(words[2], nullptr, 10));
  std::fprintf(stderr, "usage: qsdm-secrets taint | leak | traces | timing SAMPLES\n");
  return 2;
}
