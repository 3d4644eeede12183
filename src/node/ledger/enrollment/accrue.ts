/** Deferred bonds: mining rewards fill them before their owner can spend anything. */
import {debit} from "../monetary/supply.js";
import type {State} from "../state/state.js";
import {deferredBonds, enrollments} from "../state/stores.js";
import {putRecord} from "./registry.js";

/**
 * Moves as much of a reward that `owner` was just paid as its filling bonds lack into them, in order of node id.
 * Returns the dust that was moved.
 */
export function fillBonds(state: State, owner: string, rewardDust: bigint): bigint {
  const prefix = `${owner}/`;
  let leftDust = rewardDust;
  for (const key of [...keysUnder(state, prefix)]) {
    if (leftDust === 0n) break;
    const record = state.get(enrollments, key.slice(prefix.length))!;
    const missingDust = record.requiredStakeDust - record.stakeDust;
    const lockedDust = missingDust < leftDust ? missingDust : leftDust;
    const stakeDust = record.stakeDust + lockedDust;
    const earnedStakeDust = stakeDust > record.earnedStakeDust ? stakeDust : record.earnedStakeDust;
    putRecord(state, {...record, stakeDust, earnedStakeDust});
    leftDust -= lockedDust;
  }
  debit(state, owner, rewardDust - leftDust);
  return rewardDust - leftDust;
}

function* keysUnder(state: State, prefix: string): Generator<string> {
  for (const key of state.keys(deferredBonds, prefix)) {
    if (!key.startsWith(prefix)) return;
    yield key;
  }
}
