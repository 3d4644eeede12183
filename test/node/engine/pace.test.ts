import {expect, test} from "vitest";
import {Pace} from "../../../src/node/engine/pace.js";

const PACE = {intervalMs: 1_000, minIntervalMs: 100};

/** When blocks come that are made as soon as they are due, from `nowMs` on. */
function run(pace: Pace, nowMs: number, count: number, busy = true): number[] {
  const out: number[] = [];
  for (let i = 0; i < count; i++) {
    nowMs = Math.max(nowMs, pace.dueMs(busy));
    pace.note(nowMs);
    out.push(nowMs);
  }
  return out;
}

test("the three blocks that make a write final wait for nothing after a rest, and the shortest time holds for them together", () => {
  expect(run(new Pace(PACE, 0), 5_000, 7)).toEqual([5_000, 5_000, 5_000, 5_300, 5_300, 5_300, 5_600]);
});

test("blocks that come apart by themselves are not kept apart any further", () => {
  const pace = new Pace(PACE, 0);
  for (const atMs of [5_000, 5_110, 5_220]) pace.note(atMs);
  expect(pace.dueMs(true)).toBe(5_300);
  pace.note(5_330);
  expect(pace.dueMs(true)).toBe(5_410);
});

test("while nothing waits, a block comes at each interval", () => {
  expect(run(new Pace(PACE, 0), 0, 3, false)).toEqual([1_000, 2_000, 3_000]);
});
