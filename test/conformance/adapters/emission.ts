/** The emission schedule, with the texts and doubles that the reference derives from it. */
import {DUST_PER_CELL, U64_MAX} from "../../../src/codecs/amount.js";
import {
  allotmentOf,
  blocksPerEpoch,
  checkSchedule,
  emittedBy,
  epochAt,
  type HalvingSchedule,
  lastOfEpoch,
  rewardAt,
} from "../../../src/node/ledger/monetary/halving.js";
import {type Adapters, byKind, type Input, type Output} from "../case.js";

const YEAR_SECONDS = 31_557_600n;

const scheduleOf = (input: Input): HalvingSchedule => ({
  capDust: input.big("mining_cap_dust"),
  epochSeconds: input.big("epoch_length_seconds"),
  blockTimeSeconds: input.big("target_block_time_seconds"),
});

const cellText = (dust: bigint): string =>
  `${dust / DUST_PER_CELL}.${(dust % DUST_PER_CELL).toString().padStart(8, "0")}`;

function atHeight(input: Input): Output {
  const schedule = scheduleOf(input.object("schedule"));
  const height = input.big("height");
  const reward = rewardAt(schedule, height);
  const emitted = emittedBy(schedule, height);
  const last = lastOfEpoch(schedule, height);
  const perYear = reward * (YEAR_SECONDS / schedule.blockTimeSeconds);
  return {
    approx_annual_inflation: emitted === 0n ? 0 : Number(perYear) / Number(emitted),
    block_reward_cell: cellText(reward),
    block_reward_dust: String(reward),
    cumulative_emitted_dust: String(emitted),
    epoch: Number(epochAt(schedule, height)),
    next_halving_eta_seconds: String(last === null ? 0n : (last - height) * schedule.blockTimeSeconds),
    // D9: the reference names the last block of this epoch.
    next_halving_height: String(last ?? 0n),
    remaining_supply_dust: String(schedule.capDust - emitted),
  };
}

/** Doubles are the reference's money; ours are made from text. Only this comparison ever multiplies one. */
function dustOfDouble(input: Input): Output {
  const product = input.number("cell") * Number(DUST_PER_CELL);
  const floor = product >= 2 ** 64 ? U64_MAX : BigInt(Math.floor(product));
  const floors = {floor_dust: String(floor), stake_floor_dust: String(floor)};
  const ok = product < 2 ** 64;
  if (!ok) return {...floors, ok};
  const dust = BigInt(Math.round(product));
  return {...floors, ok, dust: String(dust), back_to_cell: Number(dust) / Number(DUST_PER_CELL)};
}

export const emissionAdapters: Adapters = {
  "emission schedule, supply and CELL/dust conversion": byKind({
    schedule(input) {
      const schedule = scheduleOf(input);
      checkSchedule(schedule);
      const ultimate = emittedBy(schedule, U64_MAX);
      return {
        blocks_per_epoch: String(blocksPerEpoch(schedule)),
        truncation_remainder_dust: String(schedule.capDust - ultimate),
        ultimate_emission_dust: String(ultimate),
      };
    },
    epoch_allocation: (input) => ({
      allocation_dust: String(allotmentOf(scheduleOf(input.object("schedule")), BigInt(input.number("epoch")))),
    }),
    height: atHeight,
    cell_to_dust: dustOfDouble,
  }),
};
