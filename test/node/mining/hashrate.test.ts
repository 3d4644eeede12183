import {expect, test} from "vitest";
import {Hashrate} from "../../../src/node/mining/hashrate.js";

test("no samples, or one, are no rate", () => {
  const rate = new Hashrate();
  expect(rate.over(10_000)).toBe(0);
  rate.sample(0, 100);
  expect(rate.over(10_000)).toBe(0);
});

test("a short history is measured over its own length", () => {
  const rate = new Hashrate();
  rate.sample(0, 0);
  rate.sample(2_000, 500);
  expect(rate.over(10_000)).toBe(250);
});

test("each window sees its own past", () => {
  const rate = new Hashrate();
  // 50 seconds at 100 per second, then 10 at 1,000.
  for (let second = 0; second <= 60; second++)
    rate.sample(second * 1_000, second <= 50 ? second * 100 : 5_000 + (second - 50) * 1_000);
  expect(rate.over(10_000)).toBe(1_000);
  expect(rate.over(60_000)).toBe(250);
});

test("a day of samples does not pile up", () => {
  const rate = new Hashrate();
  for (let i = 0; i < 200_000; i++) rate.sample(i * 500, i * 10);
  expect(rate.over(60_000)).toBe(20);
});
