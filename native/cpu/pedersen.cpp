// Commitments in groups that share a division.
#include "../include/qsdm_pedersen.h"

#include "../core/bls12_381/comb.hpp"

namespace {

using namespace qsdm::bls;

constexpr uint8_t G[FIELD_BYTES] = {0x97, 0xf1, 0xd3, 0xa7, 0x31, 0x97, 0xd7, 0x94, 0x26, 0x95, 0x63, 0x8c,
                                    0x4f, 0xa9, 0xac, 0x0f, 0xc3, 0x68, 0x8c, 0x4f, 0x97, 0x74, 0xb9, 0x05,
                                    0xa1, 0x4e, 0x3a, 0x3f, 0x17, 0x1b, 0xac, 0x58, 0x6c, 0x55, 0xe8, 0x3f,
                                    0xf9, 0x7a, 0x1a, 0xef, 0xfb, 0x3a, 0xf0, 0x0a, 0xdb, 0x22, 0xc6, 0xbb};
constexpr uint8_t H[FIELD_BYTES] = {0x91, 0x7c, 0x9e, 0x15, 0xec, 0x18, 0xee, 0xb4, 0xde, 0xf9, 0xa7, 0x5c,
                                    0x5e, 0x8c, 0xf5, 0x20, 0x24, 0x4a, 0x75, 0xa9, 0xc1, 0x0e, 0xc0, 0xc0,
                                    0x71, 0xe6, 0xd1, 0x0d, 0x64, 0x2b, 0x5f, 0xee, 0xaf, 0xd6, 0xe0, 0x4c,
                                    0x10, 0x4c, 0x0c, 0x16, 0xce, 0xab, 0xae, 0x61, 0x8d, 0x10, 0x26, 0x82};

constexpr uint8_t ORDER[QSDM_SCALAR_BYTES] = {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8,
                                              0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
                                              0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};

struct Combs {
  Comb g, h;

  Combs() {
    fill(g, G);
    fill(h, H);
  }
};

const Combs &combs() {
  static const Combs made;
  return made;
}

constexpr size_t TOGETHER = 32;

// All that a group takes.
struct Room {
  Point points[TOGETHER];
  Affine affine[TOGETHER];
  Fp products[TOGETHER];
};

}  // namespace

extern "C" {

int qsdm_pedersen_are_scalars(const uint8_t *scalars, size_t count) {
  int below = 1;
  for (size_t i = 0; i < count; i++) {
    int borrow = 0;
    for (int byte = QSDM_SCALAR_BYTES - 1; byte >= 0; byte--)
      borrow = (scalars[i * QSDM_SCALAR_BYTES + static_cast<size_t>(byte)] - ORDER[byte] - borrow) >> 8 & 1;
    below &= borrow;
  }
  return below;
}

void qsdm_pedersen_commit(const uint8_t *values, const uint8_t *blindings, size_t count, uint8_t *commitments) {
  const auto &[g, h] = combs();
  qsdm::Wiped<Room> wiped;
  Room &room = wiped.value;
  for (size_t first = 0; first < count; first += TOGETHER) {
    const size_t many = count - first < TOGETHER ? count - first : TOGETHER;
    for (size_t i = 0; i < many; i++) {
      const size_t at = (first + i) * QSDM_SCALAR_BYTES;
      room.points[i] = commit(g, h, values + at, blindings + at);
    }
    to_affine(room.points, many, room.affine, room.products);
    for (size_t i = 0; i < many; i++) encode(room.affine[i], commitments + (first + i) * QSDM_COMMITMENT_BYTES);
  }
}

}  // extern "C"
