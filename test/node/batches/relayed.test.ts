import {expect, test} from "vitest";
import {Relayed} from "../../../src/node/batches/relayed.js";
import {keyOf, rulesOf} from "../../support/dag.js";

/** Of four, the third is the first in turn for it. */
const ID = "00000002".padEnd(64, "0");
const COMMITTEE = rulesOf(null, [1n, 1n, 1n, 1n]).committee;
const relayedAt = (self: number | null, clock: {ms: number}, waiting = new Set([ID])) =>
  new Relayed({
    key: keyOf(self ?? 9),
    committee: () => COMMITTEE,
    nowMs: () => clock.ms,
    isWaiting: (id) => waiting.has(id),
  });

test("what a follower told of is taken by one validator at once, and by the others in turn", () => {
  const clock = {ms: 0};
  const all = [0, 1, 2, 3].map((self) => relayedAt(self, clock));
  for (const each of all) each.note(ID);
  const takers = (): number[] => [0, 1, 2, 3].filter((self) => !all[self]!.isOthers(ID));
  const seen = [];
  for (const atMs of [0, 3_000, 6_000, 9_000]) {
    clock.ms = atMs;
    seen.push(takers());
  }
  expect(seen).toEqual([[2], [2, 3], [0, 2, 3], [0, 1, 2, 3]]);
});

test("what came to this node itself is its own, and what waits no longer is forgotten", () => {
  const clock = {ms: 0};
  const waiting = new Set([ID]);
  const one = relayedAt(1, clock, waiting);
  expect(one.isOthers(ID)).toBe(false);
  one.note(ID);
  one.sweep();
  expect(one.isOthers(ID)).toBe(true);
  waiting.clear();
  one.sweep();
  expect(one.isOthers(ID)).toBe(false);
});
