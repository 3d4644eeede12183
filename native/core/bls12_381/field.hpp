// Integers modulo the prime of BLS12-381 in Montgomery's form: six words of 64 bits, over 2^384. No branch and no address
// depends on an element.
// Source: the curve's parameters as in draft-irtf-cfrg-pairing-friendly-curves-11, section 4.2.1.
#pragma once

#include "../host_device.hpp"

namespace qsdm::bls {

constexpr int WORDS = 6;
constexpr int FIELD_BYTES = 48;

using Wide = unsigned __int128;

// Below p; the lowest word first.
struct Fp {
  uint64_t at[WORDS];
};

constexpr Fp P = {{0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624, 0x64774b84f38512bf, 0x4b1ba7b6434bacd7,
                   0x1a0111ea397fe69a}};
constexpr Fp ZERO = {};

// All ones where a condition holds, so that what it chooses is no branch.
using Mask = uint64_t;
constexpr Mask mask_of(uint64_t bit) { return ~(bit - 1); }
constexpr Mask is_none(uint64_t word) { return mask_of((~(word | -word) >> 63) & 1); }

constexpr Fp chosen(Mask first, const Fp &a, const Fp &b) {
  Fp out{};
  for (int i = 0; i < WORDS; i++) out.at[i] = (a.at[i] & first) | (b.at[i] & ~first);
  return out;
}

// `value` and a carry less p, where that is not below 0.
constexpr Fp reduced(const Fp &value, uint64_t carry) {
  Fp less{};
  uint64_t borrow = 0;
  for (int i = 0; i < WORDS; i++) {
    const Wide difference = Wide{value.at[i]} - P.at[i] - borrow;
    less.at[i] = static_cast<uint64_t>(difference);
    borrow = static_cast<uint64_t>(difference >> 64) & 1;
  }
  return chosen(mask_of(borrow & ~carry & 1), value, less);
}

constexpr Fp add(const Fp &a, const Fp &b) {
  Fp sum{};
  uint64_t carry = 0;
  for (int i = 0; i < WORDS; i++) {
    const Wide word = Wide{a.at[i]} + b.at[i] + carry;
    sum.at[i] = static_cast<uint64_t>(word);
    carry = static_cast<uint64_t>(word >> 64);
  }
  return reduced(sum, carry);
}

constexpr Fp subtract(const Fp &a, const Fp &b) {
  Fp out{};
  uint64_t borrow = 0;
  for (int i = 0; i < WORDS; i++) {
    const Wide difference = Wide{a.at[i]} - b.at[i] - borrow;
    out.at[i] = static_cast<uint64_t>(difference);
    borrow = static_cast<uint64_t>(difference >> 64) & 1;
  }
  const Mask below = mask_of(borrow);
  uint64_t carry = 0;
  for (int i = 0; i < WORDS; i++) {
    const Wide word = Wide{out.at[i]} + (P.at[i] & below) + carry;
    out.at[i] = static_cast<uint64_t>(word);
    carry = static_cast<uint64_t>(word >> 64);
  }
  return out;
}
constexpr Fp negated(const Fp &a) { return subtract(ZERO, a); }

// Less one over p modulo 2^64; each step doubles the bits that are right.
constexpr uint64_t p_inverse() {
  uint64_t inverse = P.at[0];
  for (int i = 0; i < 5; i++) inverse *= 2 - P.at[0] * inverse;
  return ~inverse + 1;
}

// The product over 2^384, word by word (Koç, Acar and Kaliski, 1996, CIOS).
constexpr Fp multiply(const Fp &a, const Fp &b) {
  uint64_t sum[WORDS + 2] = {};
  for (int i = 0; i < WORDS; i++) {
    Wide carry = 0;
    for (int j = 0; j < WORDS; j++) {
      carry += Wide{a.at[j]} * b.at[i] + sum[j];
      sum[j] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    carry += sum[WORDS];
    sum[WORDS] = static_cast<uint64_t>(carry);
    sum[WORDS + 1] = static_cast<uint64_t>(carry >> 64);
    const uint64_t factor = sum[0] * p_inverse();
    carry = (Wide{factor} * P.at[0] + sum[0]) >> 64;
    for (int j = 1; j < WORDS; j++) {
      carry += Wide{factor} * P.at[j] + sum[j];
      sum[j - 1] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    carry += sum[WORDS];
    sum[WORDS - 1] = static_cast<uint64_t>(carry);
    sum[WORDS] = sum[WORDS + 1] + static_cast<uint64_t>(carry >> 64);
  }
  Fp out{};
  for (int i = 0; i < WORDS; i++) out.at[i] = sum[i];
  return reduced(out, sum[WORDS]);
}

constexpr Fp power_of_two(int exponent) {
  Fp value = {{1}};
  for (int i = 0; i < exponent; i++) value = add(value, value);
  return value;
}
// 1 in Montgomery's form, and what brings a number into it.
constexpr Fp ONE = power_of_two(384);
constexpr Fp INTO = power_of_two(768);
constexpr Fp in_montgomery(const Fp &plain) { return multiply(plain, INTO); }
constexpr Fp plain(const Fp &value) { return multiply(value, Fp{{1}}); }

constexpr Fp small(uint64_t value) { return in_montgomery(Fp{{value}}); }

// To a public power.
inline Fp power(const Fp &value, const Fp &exponent) {
  Fp out = ONE;
  for (int bit = 64 * WORDS - 1; bit >= 0; bit--) {
    out = multiply(out, out);
    if (exponent.at[bit / 64] >> bit % 64 & 1) out = multiply(out, value);
  }
  return out;
}

// 1 / value, 0 for 0 (Fermat).
inline Fp inverse(const Fp &value) {
  Fp exponent = P;
  exponent.at[0] -= 2;
  return power(value, exponent);
}

constexpr Mask is_zero(const Fp &value) {
  uint64_t any = 0;
  for (const uint64_t word : value.at) any |= word;
  return is_none(any);
}

inline Fp from_bytes(const uint8_t *big_endian) {
  Fp out{};
  for (int i = 0; i < FIELD_BYTES; i++) out.at[i / 8] |= uint64_t{big_endian[FIELD_BYTES - 1 - i]} << 8 * (i % 8);
  return in_montgomery(out);
}
inline void to_bytes(const Fp &value, uint8_t *big_endian) {
  const Fp number = plain(value);
  for (int i = 0; i < FIELD_BYTES; i++) big_endian[FIELD_BYTES - 1 - i] = static_cast<uint8_t>(number.at[i / 8] >> 8 * (i % 8));
}

// Whether the number is the larger one of itself and its negative.
inline Mask is_larger_half(const Fp &value) {
  // 2 v above p, that is, v above (p - 1) / 2: p - 1 - v is below v.
  const Fp number = plain(value), other = plain(negated(value));
  uint64_t borrow = 0;
  for (int i = 0; i < WORDS; i++) borrow = static_cast<uint64_t>((Wide{other.at[i]} - number.at[i] - borrow) >> 64) & 1;
  return mask_of(borrow);
}

}  // namespace qsdm::bls
