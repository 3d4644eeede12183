// Fields and commitments by the shortest way from their definitions, which batches are compared with.
#pragma once

#include "../core/bls12_381/comb.hpp"
#include "../core/p127.hpp"
#include "../include/qsdm_pedersen.h"
#include "engine.hpp"

namespace qsdm::slow {

// The sum of two elements below p = 2^127 - 1.
inline Element add(Element a, Element b) { return (a + b) % P127; }
// Doubles and adds.
inline Element multiply(Element a, Element b) {
  Element product = 0;
  for (int bit = 126; bit >= 0; bit--) {
    product = add(product, product);
    if (b >> bit & 1) product = add(product, a);
  }
  return product;
}

// In GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1.
inline uint8_t gf256_multiply(uint8_t a, uint8_t b) {
  unsigned product = 0;
  for (int bit = 7; bit >= 0; bit--) product = product << 1 ^ (product & 0x80 ? 0x11d : 0) ^ (b >> bit & 1 ? a : 0u);
  return static_cast<uint8_t>(product);
}

// The generators are the commitments to one and zero.
struct Generators {
  bls::Affine g, h;

  Generators() {
    uint8_t zero[QSDM_SCALAR_BYTES] = {}, one[QSDM_SCALAR_BYTES] = {}, commitment[QSDM_COMMITMENT_BYTES];
    one[QSDM_SCALAR_BYTES - 1] = 1;
    qsdm_pedersen_commit(one, zero, 1, commitment);
    g = bls::decoded(commitment);
    qsdm_pedersen_commit(zero, one, 1, commitment);
    h = bls::decoded(commitment);
  }
};

// m g + b h by doubling and adding, one bit after the other.
inline Data commit(const uint8_t *value, const uint8_t *blinding) {
  static const Generators generators;
  const auto &[g, h] = generators;
  Data out(QSDM_COMMITMENT_BYTES);
  bls::Point sum = bls::IDENTITY;
  for (size_t bit = 0; bit < 8 * QSDM_SCALAR_BYTES; bit++) {
    sum = bls::twice(sum);
    if (value[bit / 8] >> (7 - bit % 8) & 1) sum = bls::add_affine(sum, g);
    if (blinding[bit / 8] >> (7 - bit % 8) & 1) sum = bls::add_affine(sum, h);
  }
  bls::Affine affine;
  bls::Fp product;
  bls::to_affine(&sum, 1, &affine, &product);
  bls::encode(affine, out.data());
  return out;
}

}  // namespace qsdm::slow
