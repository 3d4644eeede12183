import fc from "fast-check";
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

test("after a rest two writes wait for nothing, then the blocks of a burst come together once it was saved up", () => {
  const times = run(new Pace(PACE, 0), 5_000, 12);
  expect(times).toEqual([...Array(6).fill(5_000), ...Array(3).fill(5_300), ...Array(3).fill(5_600)]);
});

test("the three blocks that make a write final wait for nothing, however short ago an empty one came", () => {
  const pace = new Pace(PACE, 0);
  const empty = run(pace, 0, 20, false);
  const atMs = empty.at(-1)! + 1;
  expect(run(pace, atMs, 3)).toEqual([atMs, atMs, atMs]);
});

test("with a write in every interval none of them waits", () => {
  const pace = new Pace(PACE, 0);
  for (let atMs = 1_000; atMs < 60_000; atMs += PACE.intervalMs) {
    expect(run(pace, atMs, 3)).toEqual([atMs, atMs, atMs]);
    pace.note(atMs + PACE.intervalMs - 1);
  }
});

test("no longer time holds more blocks than its shortest times and what a rest saves up", () => {
  const gaps = fc.array(fc.tuple(fc.nat(400), fc.boolean()), {minLength: 1, maxLength: 60});
  fc.assert(
    fc.property(gaps, (visits) => {
      const pace = new Pace(PACE, 0);
      const times: number[] = [];
      for (const [gapMs, busy] of visits) times.push(...run(pace, (times.at(-1) ?? 0) + gapMs, 1, busy));
      for (let from = 0; from < times.length; from++)
        for (let to = from; to < times.length; to++)
          expect(to - from + 1).toBeLessThanOrEqual(6 + (times[to]! - times[from]!) / PACE.minIntervalMs + 1e-9);
    }),
  );
});

test("blocks that come apart by themselves are not kept apart any further", () => {
  const pace = new Pace(PACE, 0);
  for (let atMs = 5_000; atMs < 10_000; atMs += 110) {
    pace.note(atMs);
    expect(pace.dueMs(true)).toBe(atMs);
  }
});

test("while nothing waits, a block comes at each interval", () => {
  expect(run(new Pace(PACE, 0), 0, 3, false)).toEqual([1_000, 2_000, 3_000]);
});
