import {expect, test} from "vitest";
import {scheduledDust} from "../../../../src/node/ledger/monetary/schedule.js";
import vectors from "./schedule.vectors.json" with {type: "json"};

const MAINNET = vectors.cases;

test("the vectors hold heights of the real schedule", () => expect(MAINNET.length).toBeGreaterThan(10));

for (const {input, expect: want} of MAINNET)
  test(`by height ${input.height} at ${input.schedule.target_block_time_seconds} s the schedule has paid what the reference says`, () => {
    const blockTime = Number(input.schedule.target_block_time_seconds);
    expect(scheduledDust(BigInt(input.height), blockTime)).toBe(BigInt(want.cumulative_emitted_dust));
  });
