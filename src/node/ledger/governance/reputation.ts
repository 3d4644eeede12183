/**
 * Reputation: what an account has done for the chain of late, as the chain itself saw it. Proofs that blocks took and
 * blocks that were certified earn it, an offence costs all of it, and what was earned halves in each period. What peers
 * think of each other never enters (docs/decisions/0086-reputation.md).
 */
import {blocksIn, type ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {EPOCH_KEY, type ReputationRecord, reputations, totalReputation} from "../state/stores.js";

/** Time in which reputation halves: a week. */
const HALF_LIFE_SECONDS = 7 * 24 * 3_600;
/** Of one proof; large, so that halving rounds little away. */
export const PROOF_POINTS = 1_000n;
/** Halvings after which nothing is left of any u64. */
const FORGOTTEN = 64n;

/** Where weights are read: at a height, under a chain's constants. */
export interface Moment {
  readonly height: bigint;
  readonly params: ChainParams;
}

export const periodAt = ({height, params}: Moment): bigint => height / blocksIn(params, HALF_LIFE_SECONDS);

/** What is left of `record` in a later period, rounded down. */
export function decayed(record: ReputationRecord | undefined, period: bigint): bigint {
  if (!record) return 0n;
  const halvings = period - record.period;
  return halvings >= FORGOTTEN ? 0n : record.points >> halvings;
}

/** What the vote of `address` weighs. */
export const weightOf = (state: State, address: string, at: Moment): bigint =>
  decayed(state.get(reputations, address), periodAt(at));

/** What all votes together would weigh, or a little more: each was rounded down alone. */
export const totalWeight = (state: State, at: Moment): bigint =>
  decayed(state.get(totalReputation, EPOCH_KEY), periodAt(at));

function addToTotal(state: State, points: bigint, at: Moment): void {
  const period = periodAt(at);
  state.put(totalReputation, EPOCH_KEY, {points: totalWeight(state, at) + points, period});
}

/** Points of a certified block: as many as of the proofs that a mean block is to take, so that work and stake weigh alike. */
export const blockPoints = ({mining}: ChainParams): bigint => PROOF_POINTS * BigInt(mining.targetProofsPerBlock);

/**
 * Ends a block: its proofs earn, and so does who proposed it, where it holds something. Which votes a certificate has
 * differs between nodes; who proposed what was certified does not.
 * @param proofs how many, by the account that they pay
 */
export function earnReputation(
  state: State,
  at: Moment,
  {proposer, proofs, isEmpty}: {proposer: string; proofs: ReadonlyMap<string, bigint>; isEmpty: boolean},
): void {
  if (at.params.rules.reputation === "none" || isEmpty) return;
  const earned = new Map([...proofs].map(([to, count]) => [to, count * PROOF_POINTS]));
  earned.set(proposer, (earned.get(proposer) ?? 0n) + blockPoints(at.params));
  const period = periodAt(at);
  let sum = 0n;
  for (const [address, points] of earned) {
    state.put(reputations, address, {points: weightOf(state, address, at) + points, period});
    sum += points;
  }
  addToTotal(state, sum, at);
}

/** An offence of `address` was proven: whatever it had earned is gone. */
export function forfeitReputation(state: State, address: string, at: Moment): void {
  const points = weightOf(state, address, at);
  if (!state.has(reputations, address)) return;
  state.remove(reputations, address);
  addToTotal(state, -points, at);
}
