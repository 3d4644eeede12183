// Integers modulo p = 2^127 - 1. Since 2^127 is 1, the high part of a number folds onto the low one. Nothing branches on
// a value.
#pragma once

#include "one.hpp"

namespace qsdm {

// Below 2^128; an element is below p.
using Element = unsigned __int128;
constexpr Element P127 = (Element{1} << 127) - 1;

QSDM_HD Element load_element(const uint8_t *from) { return Element{load_word(from + 8)} << 64 | load_word(from); }
QSDM_HD void store_element(uint8_t *to, Element value) {
  store_word(to, static_cast<uint64_t>(value));
  store_word(to + 8, static_cast<uint64_t>(value >> 64));
}

// The element that a number below 2^128 stands for.
QSDM_HD Element fold(Element value) {
  const Element once = (value & P127) + (value >> 127);
  // Now at most p + 1, so that one subtraction is enough; the sum's top bit says whether it is due.
  const Element over = (once + 1) >> 127;
  return (once + over) & P127;
}

// A sum of products, each of its four places 64 bits further than the one before and wide enough for 2^32 of them.
struct Products {
  Element place[4];
};

QSDM_HD void add_product(Products &sum, Element a, Element b) {
  const auto a0 = static_cast<uint64_t>(a), a1 = static_cast<uint64_t>(a >> 64);
  const auto b0 = static_cast<uint64_t>(b), b1 = static_cast<uint64_t>(b >> 64);
  const Element low = Element{a0} * b0, high = Element{a1} * b1;
  // Both upper halves are below 2^63, so this is below 2^128.
  const Element middle = Element{a0} * b1 + Element{a1} * b0;
  sum.place[0] += static_cast<uint64_t>(low);
  sum.place[1] += (low >> 64) + static_cast<uint64_t>(middle);
  sum.place[2] += (middle >> 64) + static_cast<uint64_t>(high);
  sum.place[3] += high >> 64;
}

QSDM_HD Element element_of(const Products &sum) {
  // 2^128 is 2, and 2^192 is 2^65.
  const Element low = sum.place[0] + 2 * sum.place[2];
  const Element high = sum.place[1] + 2 * sum.place[3];
  constexpr Element BELOW = (Element{1} << 63) - 1;
  return fold(((high & BELOW) << 64) + (high >> 63) + low);
}

QSDM_HD Element multiply(Element a, Element b) {
  Products sum{};
  add_product(sum, a, b);
  return element_of(sum);
}

// By Fermat: to the power of p - 2 = 2^127 - 3, whose bits are ones but for the second. 0 stays 0.
QSDM_HD Element invert(Element a) {
  // a^(2^n - 1) for n = 1, 2, 4, ... doubles the ones.
  Element power = a;
  for (int bit = 125; bit >= 0; bit--) {
    power = multiply(power, power);
    if (bit != 1) power = multiply(power, a);
  }
  return power;
}

}  // namespace qsdm
