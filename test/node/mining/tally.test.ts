import {expect, test} from "vitest";
import {NO_TOTALS, Tally} from "../../../src/node/mining/tally.js";

const device = {name: "cpu", backend: "wasm", threads: 2, working: true};

test("counts proofs by reason, rates by device, and adds the runs before", () => {
  let [nowMs, attempts] = [5_000, 0];
  const before = {attempts: 1_000, acceptedProofs: 3, rejectedByReason: {work: 1, "too-late": 2}, uptimeSeconds: 60};
  const devices = () => [
    {...device, attempts},
    {...device, name: "gpu", attempts: 3 * attempts, working: false},
  ];
  const tally = new Tally({devices, nowMs: () => nowMs, before});
  tally.note({type: "source", source: "http://a", state: "used", error: null});
  tally.note({type: "work", height: 7n, epoch: 1n, difficulty: 16n});
  tally.note({type: "accepted", height: 7n, proofId: "aa", attempts: 4});
  for (const reason of ["too-late", "duplicate", "too-late"])
    tally.note({type: "rejected", height: 8n, proofId: "bb", reason, detail: ""});
  [nowMs, attempts] = [15_000, 100];
  tally.sample();
  expect(tally.stats()).toMatchObject({
    source: "http://a",
    height: 7n,
    epoch: 1n,
    difficulty: 16n,
    hashrate10sHps: 40,
    hashrate60sHps: 40,
    hashrate15mHps: 40,
    attempts: 400,
    acceptedProofs: 1,
    rejectedProofs: 3,
    rejectedByReason: {"too-late": 2, duplicate: 1},
    uptimeSeconds: 10,
    threads: 2,
    devices: [
      {name: "cpu", hashrate10sHps: 10, working: true},
      {name: "gpu", hashrate10sHps: 30, working: false},
    ],
    totals: {
      attempts: 1_400,
      acceptedProofs: 4,
      rejectedByReason: {work: 1, "too-late": 4, duplicate: 1},
      uptimeSeconds: 70,
    },
  });
});

test("says nothing of work before there is any", () => {
  const tally = new Tally({devices: () => [], nowMs: () => 0, before: NO_TOTALS});
  expect(tally.stats()).toMatchObject({source: null, height: null, epoch: null, difficulty: null, totals: NO_TOTALS});
});
