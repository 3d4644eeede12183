import {describe, expect, test} from "vitest";
import {Scheduler, seeded} from "./scheduler.js";

/** No two honest validators disagree about a height. */
function checkAgreement(net: Scheduler, honest: readonly number[]): void {
  const longest = honest.map((i) => net.peers[i]!.committed).reduce((a, b) => (a.length > b.length ? a : b));
  for (const i of honest)
    expect(net.peers[i]!.committed, `validator ${i}, seed ${net.schedule.seed}`).toEqual(
      longest.slice(0, net.peers[i]!.committed.length),
    );
}

describe("four validators, one of which signs whatever it likes", () => {
  test.each(Array.from({length: 24}, (_, i) => i + 1))("never commit two blocks at a height: schedule %i", (seed) => {
    const random = seeded(seed * 7_919);
    const byzantine = new Set([Math.floor(random() * 4)]);
    const net = new Scheduler({
      seed,
      powers: [1n, 1n, 1n, 1n],
      byzantine,
      loss: random() * 0.3,
      delay: 20 + random() * 1_500,
    });
    const honest = [0, 1, 2, 3].filter((i) => !byzantine.has(i));
    for (let round = 1; round <= 12; round++) {
      net.run(round * 4_000);
      checkAgreement(net, honest);
      if (random() < 0.4) net.crash(honest[Math.floor(random() * honest.length)]!);
    }
    // The network heals and the cheat is gone: ten views are enough to go on.
    net.faults = {loss: 0, delay: 20, byzantine};
    net.run(100_000);
    const before = Math.min(...honest.map((i) => net.peers[i]!.committed.length));
    net.run(115_000);
    checkAgreement(net, honest);
    const after = Math.min(...honest.map((i) => net.peers[i]!.committed.length));
    expect(after, `seed ${seed}`).toBeGreaterThan(before);
    for (const {validator} of net.evidence) expect(byzantine.has(validator)).toBe(true);
  });
});

test("a validator that does not answer does not stop the others", () => {
  const net = new Scheduler({seed: 5, powers: [1n, 1n, 1n, 1n], byzantine: new Set(), loss: 0, delay: 20});
  net.run(5_000);
  const silent = net.peers[3]!;
  const feed = net.feed.bind(net);
  net.feed = (self, input) => (self === 3 ? undefined : feed(self, input));
  const before = net.peers[0]!.committed.length;
  net.run(60_000);
  expect(net.peers[0]!.committed.length).toBeGreaterThan(before + 20);
  expect(silent.committed.length).toBeLessThanOrEqual(before);
});

test("two of four are no quorum: nothing is committed", () => {
  const net = new Scheduler({seed: 6, powers: [1n, 1n, 1n, 1n], byzantine: new Set(), loss: 0, delay: 20});
  const feed = net.feed.bind(net);
  net.run(2_000);
  const before = net.peers[0]!.committed.length;
  net.feed = (self, input) => (self > 1 ? undefined : feed(self, input));
  net.run(2_100);
  const settled = net.peers[0]!.committed.length;
  expect(settled).toBeLessThanOrEqual(before + 3);
  net.run(60_000);
  expect(net.peers[0]!.committed.length).toBe(settled);
});

test("leaders take turns in proportion to their power", () => {
  const net = new Scheduler({seed: 7, powers: [5n, 3n, 2n, 2n], byzantine: new Set(), loss: 0, delay: 5});
  const {committee} = net.peers[0]!.state;
  const turns = [0, 0, 0, 0];
  for (let view = 0n; view < 48n; view++) turns[committee.leader(view)]!++;
  expect(turns).toEqual([20, 12, 8, 8]);
  net.run(20_000);
  checkAgreement(net, [0, 1, 2, 3]);
  expect(net.peers[0]!.committed.length).toBeGreaterThan(50);
});

test("a single validator is a quorum of one, and goes on after a crash where it was", () => {
  const net = new Scheduler({seed: 8, powers: [1n], byzantine: new Set(), loss: 0, delay: 1});
  net.run(1_000);
  const {length} = net.peers[0]!.committed;
  expect(length).toBeGreaterThan(5);
  net.crash(0);
  net.run(1_100);
  expect(net.peers[0]!.committed.length).toBeGreaterThan(length);
  expect(new Set(net.peers[0]!.committed).size).toBe(net.peers[0]!.committed.length);
});
