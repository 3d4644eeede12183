import fc from "fast-check";
import {expect, test} from "vitest";
import {addressBlock, RateLimiter} from "../../../src/node/api/rate-limiter.js";

const limiter = (over = {}) => new RateLimiter({unitsPerSecond: 10, burstUnits: 20, maxAddresses: 3, ...over});

test("an idle address may spend its burst at once, and then has to wait for each unit", () => {
  const limit = limiter();
  for (let i = 0; i < 20; i++) expect(limit.take("a", 1, 1_000)).toBe(0);
  expect(limit.take("a", 1, 1_000)).toBe(100);
  expect(limit.take("a", 1, 1_050)).toBe(50);
  expect(limit.take("a", 1, 1_100)).toBe(0);
});

test("a refusal charges nothing", () => {
  const limit = limiter();
  limit.take("a", 20, 0);
  for (let i = 0; i < 100; i++) limit.take("a", 5, 0);
  expect(limit.take("a", 1, 100)).toBe(0);
});

test("what is given back can be spent again, and an address that was forgotten gets nothing", () => {
  const limit = limiter();
  limit.take("a", 20, 0);
  limit.giveBack("a", 5);
  expect([limit.take("a", 5, 0), limit.take("a", 1, 0)]).toEqual([0, 100]);
  limit.giveBack("b", 5);
  expect(limit.size).toBe(1);
});

test("addresses do not share a budget", () => {
  const limit = limiter();
  limit.take("a", 20, 0);
  expect(limit.take("b", 20, 0)).toBe(0);
});

test("the address that was quiet longest is forgotten first", () => {
  const limit = limiter();
  for (const address of ["a", "b", "c"]) limit.take(address, 20, 0);
  limit.take("a", 0, 0);
  limit.take("d", 20, 0);
  expect(limit.size).toBe(3);
  expect(limit.take("a", 1, 0)).toBe(100);
  expect(limit.take("b", 20, 0)).toBe(0);
});

test("over any stretch of time no more is spent than the burst and what was earned back", () => {
  const request = fc.record({gapMs: fc.nat(500), units: fc.double({min: 0.05, max: 6, noNaN: true})});
  fc.assert(
    fc.property(fc.array(request, {maxLength: 200}), (requests) => {
      const limit = limiter();
      let now = 0;
      let spent = 0;
      for (const {gapMs, units} of requests) {
        now += gapMs;
        if (limit.take("a", units, now) === 0) spent += units;
        expect(spent).toBeLessThanOrEqual(20 + now / 100 + 1e-6);
      }
    }),
  );
});

for (const [ip, block] of [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
] as const)
  test(`${ip} is limited as ${block}`, () => expect(addressBlock(ip)).toBe(block));
