import {describe, expect, test} from "vitest";
import {
  blockRewardDust,
  blocksPerHalving,
  emissionEpoch,
  HALVING_SECONDS,
  MINING_CAP_DUST,
  nextHalvingHeight,
} from "../../../../src/node/ledger/monetary/emission.js";
import {checkSchedule} from "../../../../src/node/ledger/monetary/halving.js";

// Figures of the reference's schedule at 10 s blocks: spec/qsdm-node.md 2.6.
const BLOCKS = 12_623_040n;

test("a halving epoch of four Julian years is 12,623,040 blocks of 10 s", () => {
  expect(blocksPerHalving(10)).toBe(BLOCKS);
});

test.each([
  [0n, 356_490_987n],
  [1n, 178_245_493n],
  [2n, 89_122_746n],
  [3n, 44_561_373n],
  [4n, 22_280_686n],
  [5n, 11_140_343n],
  [6n, 5_570_171n],
  [7n, 2_785_085n],
])("epoch %s pays %s dust a block", (epoch, dust) => {
  expect(blockRewardDust(epoch * BLOCKS + 1n, 10)).toBe(dust);
  expect(blockRewardDust((epoch + 1n) * BLOCKS, 10)).toBe(dust);
});

test("all epochs together stay 275,379,840 dust below the cap", () => {
  let total = 0n;
  for (let epoch = 0n; epoch < 70n; epoch++) total += BLOCKS * blockRewardDust(epoch * BLOCKS + 1n, 10);
  expect(total).toBe(8_999_999_724_620_160n);
  expect(MINING_CAP_DUST - total).toBe(275_379_840n);
});

test("genesis pays nothing, and neither does any height after the last epoch", () => {
  expect(blockRewardDust(0n, 10)).toBe(0n);
  expect(blockRewardDust(2n ** 64n - 1n, 10)).toBe(0n);
  expect(emissionEpoch(2n ** 64n - 1n, 10)).toBe(64n);
});

describe("the next halving", () => {
  test("is the first block of the next epoch, not the last of this one (D9)", () => {
    expect(nextHalvingHeight(1n, 10)).toBe(BLOCKS + 1n);
    expect(blockRewardDust(BLOCKS + 1n, 10)).not.toBe(blockRewardDust(BLOCKS, 10));
    expect(nextHalvingHeight(BLOCKS + 1n, 10)).toBe(2n * BLOCKS + 1n);
  });
  test("never comes after the last epoch", () => {
    expect(nextHalvingHeight(65n * BLOCKS, 10)).toBeNull();
  });
});

test("a schedule that emits nothing is refused", () => {
  const schedule = {capDust: 0n, epochSeconds: 60n, blockTimeSeconds: 1n};
  expect(() => checkSchedule(schedule)).toThrowError(expect.objectContaining({code: "EMISSION_CAP"}));
});

test.each([0, -1, 1.5, 7, HALVING_SECONDS + 1])("a block time of %s s is refused", (seconds) => {
  expect(() => blocksPerHalving(seconds)).toThrowError(expect.objectContaining({code: "EMISSION_BLOCK_TIME"}));
});
