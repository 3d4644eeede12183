// Commitments m g + b h by combs over both generators: digits of five bits with a sign, and a table of sixteen multiples
// for each of them, which is read whole whatever the digit is.
#pragma once

#include "../secrets.hpp"
#include "point.hpp"

namespace qsdm::bls {

constexpr int SCALAR_BYTES = 32;
constexpr int DIGIT_BITS = 5, DIGITS = 52, MULTIPLES = 1 << (DIGIT_BITS - 1);

struct Comb {
  // multiples[i][j] is (j + 1) 32^i of the generator.
  Affine multiples[DIGITS][MULTIPLES];
};

// Digits between -16 and 16, the lowest first.
struct Digits {
  int8_t at[DIGITS];
};

inline Digits digits_of(const uint8_t *scalar) {
  Digits out;
  int carry = 0;
  for (int i = 0; i < DIGITS; i++) {
    const int first = i * DIGIT_BITS;
    uint32_t bits = 0;
    for (int k = 0; k < 2; k++) {
      const int byte = first / 8 + k;
      if (byte < SCALAR_BYTES) bits |= uint32_t{scalar[SCALAR_BYTES - 1 - byte]} << 8 * k;
    }
    const int digit = static_cast<int>(bits >> first % 8 & 31) + carry;
    // One where the digit is above 16.
    carry = (16 - digit) >> 31 & 1;
    out.at[i] = static_cast<int8_t>(digit - 32 * carry);
  }
  return out;
}

// Adds `digit` times the generator's multiples.
inline Point add_digit(const Point &sum, const Affine (&multiples)[MULTIPLES], int digit) {
  const int sign = digit >> 31, size = (digit ^ sign) - sign;
  Affine one = {ZERO, ZERO};
  for (int j = 0; j < MULTIPLES; j++) {
    const Mask is_it = is_none(static_cast<uint64_t>(size ^ (j + 1)));
    for (int i = 0; i < WORDS; i++) {
      one.x.at[i] |= multiples[j].x.at[i] & is_it;
      one.y.at[i] |= multiples[j].y.at[i] & is_it;
    }
  }
  one.y = chosen(static_cast<Mask>(static_cast<int64_t>(sign)), negated(one.y), one.y);
  return chosen(is_none(static_cast<uint64_t>(size)), sum, add_affine(sum, one));
}

inline Point commit(const Comb &g, const Comb &h, const uint8_t *value, const uint8_t *blinding) {
  Wiped<Digits> m{digits_of(value)}, b{digits_of(blinding)};
  Point sum = IDENTITY;
  for (int i = 0; i < DIGITS; i++) {
    sum = add_digit(sum, g.multiples[i], m.value.at[i]);
    sum = add_digit(sum, h.multiples[i], b.value.at[i]);
  }
  return sum;
}

// A point for each, without a division for each (Montgomery's trick). The identity, whose z is 0, becomes zeros.
inline void to_affine(const Point *points, size_t count, Affine *out, Fp *products) {
  Fp all = ONE;
  for (size_t i = 0; i < count; i++) {
    products[i] = all;
    all = multiply(all, chosen(is_zero(points[i].z), ONE, points[i].z));
  }
  all = inverse(all);
  for (size_t i = count; i-- > 0;) {
    const Mask none = is_zero(points[i].z);
    const Fp over_z = chosen(none, ZERO, multiply(all, products[i]));
    all = multiply(all, chosen(none, ONE, points[i].z));
    out[i] = {multiply(points[i].x, over_z), multiply(points[i].y, over_z)};
  }
}

// The compressed form: x with three flags.
inline void encode(const Affine &point, uint8_t *to) {
  to_bytes(point.x, to);
  // A point with y of 0 is the identity's stand-in: the curve has none.
  const Mask none = is_zero(point.y);
  to[0] = static_cast<uint8_t>(to[0] | 0x80 | (none & 0x40) | (is_larger_half(point.y) & 0x20));
}

// y of an x on the curve: p is 3 modulo 4.
inline Affine decoded(const uint8_t *compressed) {
  uint8_t x_bytes[FIELD_BYTES];
  memcpy(x_bytes, compressed, sizeof x_bytes);
  x_bytes[0] &= 0x1f;
  const Fp x = from_bytes(x_bytes);
  const Fp square = add(multiply(multiply(x, x), x), small(4));
  Fp quarter = P;
  // (p + 1) / 4
  quarter.at[0] += 1;
  for (int i = 0; i < WORDS; i++)
    quarter.at[i] = quarter.at[i] >> 2 | (i + 1 < WORDS ? quarter.at[i + 1] << 62 : 0);
  const Fp y = power(square, quarter);
  const bool larger = is_larger_half(y) != 0;
  return {x, larger == ((compressed[0] & 0x20) != 0) ? y : negated(y)};
}

// The multiples of a generator in its compressed form.
inline void fill(Comb &comb, const uint8_t *generator) {
  Affine base = decoded(generator);
  for (Affine(&multiples)[MULTIPLES] : comb.multiples) {
    Point points[MULTIPLES + 1];
    points[0] = {base.x, base.y, ONE};
    for (int j = 1; j < MULTIPLES; j++) points[j] = add_affine(points[j - 1], base);
    points[MULTIPLES] = twice(points[MULTIPLES - 1]);
    Affine affine[MULTIPLES + 1];
    Fp products[MULTIPLES + 1];
    to_affine(points, MULTIPLES + 1, affine, products);
    for (int j = 0; j < MULTIPLES; j++) multiples[j] = affine[j];
    base = affine[MULTIPLES];
  }
}

}  // namespace qsdm::bls
