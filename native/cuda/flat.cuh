// A batch's bytes one after the other, to be copied at once.
#pragma once

#include <string.h>

#include <new>

#include "../include/qsdm_cuda.h"
#include "device.cuh"

namespace qsdm {

// Where a message lies in the bytes of a batch.
struct FlatMessage {
  uint64_t at, size, context;
  uint32_t context_size, form;
};

__device__ inline qsdm_message message_at(const uint8_t *bytes, const FlatMessage &place) {
  return {static_cast<qsdm_form>(place.form), bytes + place.at, place.size, bytes + place.context, place.context_size};
}

class Flat {
 public:
  Flat() = default;
  Flat(const Flat &) = delete;
  Flat &operator=(const Flat &) = delete;
  ~Flat() { delete[] bytes; }
  // Room for so many bytes. False without memory.
  bool reserve(uint64_t most) { return (bytes = new (std::nothrow) uint8_t[most + 1]) != nullptr; }
  uint64_t put(const uint8_t *from, size_t count) {
    if (count) memcpy(bytes + size, from, count);
    size += count;
    return size - count;
  }
  FlatMessage put_message(const qsdm_message &message, bool with_context) {
    FlatMessage place{put(message.bytes, message.size), message.size, 0, 0, static_cast<uint32_t>(message.form)};
    if (!with_context) return place;
    place.context = put(message.context, message.context_size);
    place.context_size = static_cast<uint32_t>(message.context_size);
    return place;
  }

  uint8_t *bytes = nullptr;
  uint64_t size = 0;
};

}  // namespace qsdm
