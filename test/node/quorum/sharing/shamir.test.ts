import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {add, mul, P, sub} from "../../../../src/node/quorum/field/field.js";
import {dealTriple} from "../../../../src/node/quorum/sharing/beaver.js";
import {refresh, rotate} from "../../../../src/node/quorum/sharing/refresh.js";
import {
  firstHolders,
  lagrangeAt,
  partialTerm,
  reconstruct,
  type Share,
  share,
} from "../../../../src/node/quorum/sharing/shamir.js";
import {element, seededSource} from "../programs.js";

const thresholds = fc
  .integer({min: 1, max: 7})
  .chain((n) => fc.record({n: fc.constant(n), k: fc.integer({min: 1, max: n})}));
const seed = fc.bigInt({min: 0n, max: 2n ** 64n});
/** k of the shares, chosen and ordered by `order`. */
const some = (shares: readonly Share[], k: number, order: readonly number[]): Share[] =>
  shares
    .map((each, at) => ({each, rank: order[at % order.length]! * 10 + at}))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, k)
    .map(({each}) => each);
const orders = fc.array(fc.nat(100), {minLength: 7, maxLength: 7});

test("any k shares in any order reconstruct the secret, and more of them too", () => {
  fc.assert(
    fc.property(element, thresholds, seed, orders, (secret, {n, k}, from, order) => {
      const shares = share(secret, {n, k}, seededSource(from));
      expect(reconstruct(some(shares, k, order))).toBe(secret);
      expect(reconstruct(shares)).toBe(secret);
    }),
  );
});

test("one share fits every secret: for each there is a polynomial through it", () => {
  const [held] = share(42n, {n: 3, k: 2}, seededSource(1n));
  for (const other of [0n, 1n, P - 1n]) {
    const slope = sub(held!.y, other);
    expect(add(other, mul(slope, held!.x))).toBe(held!.y);
  }
});

test("fewer than k shares give another value", () => {
  const shares = share(42n, {n: 4, k: 4}, seededSource(5n));
  expect(reconstruct(shares.slice(0, 3))).not.toBe(42n);
});

test("the terms of the participants sum to the value at the target", () => {
  fc.assert(
    fc.property(element, seed, element, (secret, from, target) => {
      const shares = share(secret, {n: 5, k: 3}, seededSource(from)).slice(1, 4);
      const xs = shares.map(({x}) => x);
      const sum = shares.map((each) => partialTerm(each, target, xs)).reduce(add);
      expect(sum).toBe(lagrangeAt(shares, target));
    }),
  );
});

describe("refreshing", () => {
  test("keeps the secret, changes the shares, and old and new ones do not combine", () => {
    fc.assert(
      fc.property(element, seed, (secret, from) => {
        const draw = seededSource(from);
        const old = share(secret, {n: 3, k: 2}, draw);
        const fresh = refresh(old, {k: 2}, draw);
        expect([reconstruct(fresh.slice(0, 2)), reconstruct(fresh.slice(1))]).toEqual([secret, secret]);
        expect(reconstruct([old[0]!, fresh[1]!])).not.toBe(secret);
      }),
    );
  });

  test("reaches other holders, whose shares are as good", () => {
    const draw = seededSource(3n);
    const old = share(42n, {n: 3, k: 2}, draw);
    const moved = rotate(old, {k: 2, newN: 4}, draw);
    expect(moved.map(({x}) => x)).toEqual([1n, 2n, 3n, 4n]);
    for (const each of moved.slice(0, 3)) expect(reconstruct([each, moved[3]!])).toBe(42n);
  });
});

test("triples multiply", () => {
  fc.assert(
    fc.property(seed, thresholds, (from, threshold) => {
      const {a, b, c} = dealTriple({xs: firstHolders(threshold.n), k: threshold.k}, seededSource(from));
      expect(reconstruct(c)).toBe(mul(reconstruct(a), reconstruct(b)));
    }),
  );
});
