// Points of BLS12-381's first group in homogeneous coordinates, with formulas that hold for every two points (Renes,
// Costello and Batina, "Complete addition formulas for prime order elliptic curves", 2016, algorithms 7 to 9 for a = 0).
#pragma once

#include "field.hpp"

namespace qsdm::bls {

struct Point {
  Fp x, y, z;
};
// Not the identity.
struct Affine {
  Fp x, y;
};

constexpr Point IDENTITY = {ZERO, ONE, ZERO};

// Three times b, which is 4.
constexpr Fp times_3b(const Fp &value) {
  const Fp four = add(add(value, value), add(value, value)), eight = add(four, four);
  return add(eight, four);
}

// Algorithm 8.
inline Point add_affine(const Point &p, const Affine &q) {
  const Fp t0 = multiply(p.x, q.x), t1 = multiply(p.y, q.y);
  const Fp t3 = subtract(multiply(add(q.x, q.y), add(p.x, p.y)), add(t0, t1));
  const Fp t4 = add(multiply(q.y, p.z), p.y), y3 = times_3b(add(multiply(q.x, p.z), p.x));
  const Fp three_t0 = add(add(t0, t0), t0), t2 = times_3b(p.z);
  const Fp z3 = add(t1, t2), less = subtract(t1, t2);
  return {subtract(multiply(t3, less), multiply(t4, y3)), add(multiply(less, z3), multiply(y3, three_t0)),
          add(multiply(z3, t4), multiply(three_t0, t3))};
}

// Algorithm 9.
inline Point twice(const Point &p) {
  const Fp t0 = multiply(p.y, p.y);
  const Fp two = add(t0, t0), four = add(two, two), z3 = add(four, four);
  const Fp t2 = times_3b(multiply(p.z, p.z)), t1 = multiply(p.y, p.z);
  const Fp y3 = add(t0, t2), less = subtract(t0, add(add(t2, t2), t2)), xy = multiply(p.x, p.y);
  const Fp half_x = multiply(less, xy);
  return {add(half_x, half_x), add(multiply(t2, z3), multiply(less, y3)), multiply(t1, z3)};
}

inline Point chosen(Mask first, const Point &a, const Point &b) {
  return {chosen(first, a.x, b.x), chosen(first, a.y, b.y), chosen(first, a.z, b.z)};
}

}  // namespace qsdm::bls
