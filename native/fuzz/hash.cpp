// Messages of any length, hashed by every path to the same digests.
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  qsdm::FuzzInput input(data, size);
  const auto sponge = static_cast<qsdm_sponge>(input.byte() % 3);
  const size_t count = input.byte() % 20 + size_t{1};
  const size_t digest_bytes = sponge == QSDM_SHA3_256 ? 32 : input.byte() * size_t{3} + 1;
  std::vector<uint32_t> ends;
  for (size_t i = 0; i < count; i++) ends.push_back((i ? ends.back() : 0) + input.byte() * uint32_t{3});
  const std::vector<uint8_t> messages = input.bytes(ends.back());
  std::vector<uint8_t> first;
  qsdm::on_every_path([&](uint32_t path) {
    std::vector<uint8_t> digests(count * digest_bytes);
    if (qsdm_hash(path, sponge, messages.data(), ends.data(), count, digests.data(), digest_bytes) != 0) __builtin_trap();
    if (first.empty()) first = digests;
    if (digests != first) __builtin_trap();
  });
  return 0;
}
