import {expect, test} from "vitest";
import {Pulse} from "../../src/node/pulse.js";

test("a chain is well for as long as blocks come, and well again when they come back", () => {
  let nowMs = 0;
  const pulse = new Pulse(1_000, () => nowMs);
  nowMs = 1_000;
  expect(pulse.beats()).toBe(true);
  nowMs = 1_001;
  expect(pulse.beats()).toBe(false);
  pulse.beat();
  nowMs = 2_001;
  expect(pulse.beats()).toBe(true);
});
