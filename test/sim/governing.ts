/**
 * Who governs: authorities vote for parameters and for each other, early, late, twice and without a right to. Drawn from
 * the seed before the run, but for the height of a change, which is counted from the tip that its first voter sees.
 */
import type {Change} from "../../src/codecs/governance/change.js";
import {
  AUTO_REVOKE_MIN_STAKE,
  BASE_FEE,
  BASE_FEE_CHANGE_DENOMINATOR,
  BLOCK_GAS_TARGET_BPS,
  FEE_BURN_BPS,
  MAX_BLOCK_GAS,
  REWARD_BPS,
} from "../../src/codecs/governance/parameters.js";
import {AUTHORITY_SET, PARAM_SET} from "../../src/codecs/governance/payloads.js";
import type {Plan} from "./plan.js";
import type {Random} from "./random.js";

/** A change as the plan has it: people by number. */
export type PlannedChange =
  | Extract<Change, {kind: typeof PARAM_SET}>
  | {readonly kind: typeof AUTHORITY_SET; readonly op: "add" | "remove"; readonly member: number};

export interface PlannedProposal {
  readonly change: PlannedChange;
  /** Blocks from the tip to the height of the change. */
  readonly ahead: bigint;
  /** In order of time. */
  readonly votes: readonly {readonly atMs: number; readonly member: number}[];
}

export interface GoverningPlan {
  /** People who may ever govern; those of genesis come first. */
  readonly members: number;
  readonly founders: number;
  readonly proposals: readonly PlannedProposal[];
}

export const NOBODY_GOVERNS: GoverningPlan = {members: 0, founders: 0, proposals: []};
/** Share of the seeds in which anybody governs. */
const SHARE = 0.4;

/** What parameters may come to: no transaction of a run falls out of the pool by it. */
const VALUES: readonly (readonly [string, readonly [number, number]])[] = [
  [BASE_FEE, [0, 2_000]],
  [BASE_FEE_CHANGE_DENOMINATOR, [0, 100]],
  [BLOCK_GAS_TARGET_BPS, [5_000, 10_000]],
  [FEE_BURN_BPS, [0, 10_000]],
  [REWARD_BPS, [0, 5_000]],
  [AUTO_REVOKE_MIN_STAKE, [100_000_000, 1_000_000_000]],
  [MAX_BLOCK_GAS, [25_000_000, 400_000_000]],
];

export function governingOf(random: Random, {healMs}: Pick<Plan, "healMs">): GoverningPlan {
  if (!random.chance(SHARE)) return NOBODY_GOVERNS;
  const founders = random.between(1, 4);
  const members = founders + 2;
  const change = (): PlannedChange => {
    if (random.chance(0.4))
      return {kind: AUTHORITY_SET, op: random.pick(["add", "remove"]), member: random.between(0, members - 1)};
    const [param, [low, high]] = random.pick(VALUES);
    return {kind: PARAM_SET, param, value: BigInt(random.between(low, high))};
  };
  const proposals = Array.from({length: random.between(3, 10)}, (): PlannedProposal => {
    const fromMs = random.between(300, healMs - 1);
    const toMs = Math.min(healMs, fromMs + random.between(100, 4_000));
    const vote = (member: number) => ({atMs: random.between(fromMs, toMs), member});
    const votes = Array.from({length: founders}, (_, i) => vote(i)).filter(() => random.chance(0.8));
    // Somebody votes who may not, or has, or who came later.
    if (votes.length === 0 || random.chance(0.4)) votes.push(vote(random.between(0, members - 1)));
    return {
      change: change(),
      ahead: BigInt(random.between(2, 20)),
      votes: votes.sort((a, b) => a.atMs - b.atMs),
    };
  });
  return {members, founders, proposals};
}
