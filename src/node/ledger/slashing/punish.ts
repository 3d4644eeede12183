/** What a proven offence costs: stake to the reporter and the fire, and the place in the network. */

import type {SlashOutcome} from "../../../codecs/chain/receipt.js";
import {AUTO_REVOKE_MIN_STAKE, REWARD_BPS} from "../../../codecs/governance/parameters.js";
import type {SlashPayload} from "../../../codecs/slashing/payload.js";
import type {Call} from "../chain/contract.js";
import type {EnrollmentRecord} from "../enrollment/record.js";
import {putRecord, revokeRecord} from "../enrollment/registry.js";
import {forfeitReputation} from "../governance/reputation.js";
import {burn, credit} from "../monetary/supply.js";
import type {ChainParams} from "../params/chain-params.js";
import type {Rules} from "../params/rules.js";
import {params} from "../state/stores.js";

const min = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a < b ? a : b));

/** Dust that an offence of `record` costs: its bond, up to the chain's cap. */
export const offenceCost = ({stakeDust}: EnrollmentRecord, {slashing}: Pick<ChainParams, "slashing">): bigint =>
  min(slashing.capDust, stakeDust);

/** Whether an active record has too little stake left under `thresholdDust`, where 0 asks for nothing. */
export function isUnderBonded(
  {stakeDust, earnedStakeDust, requiredStakeDust}: EnrollmentRecord,
  thresholdDust: bigint,
  {autoRevoke, emptyBond}: Pick<Rules, "autoRevoke" | "emptyBond">,
): boolean {
  if (thresholdDust === 0n) return false;
  if (stakeDust === 0n && emptyBond === "revoke") return true;
  if (autoRevoke === "whole-bond") return stakeDust < thresholdDust;
  // threshold x earned / required, without rounding. Both are the whole bond for one that was posted upfront.
  return stakeDust * requiredStakeDust < thresholdDust * min(earnedStakeDust, requiredStakeDust);
}

/** Moves the stake; what is left may be too little to stay active. */
export function punish({state, block, content}: Call, record: EnrollmentRecord, slash: SlashPayload): SlashOutcome {
  const {slashing, rules} = block.params;
  const slashedDust = min(slash.slashAmountDust, slashing.capDust, record.stakeDust);
  const rewardBps = state.get(params, REWARD_BPS)?.value ?? 0n;
  const rewardedDust = (slashedDust * rewardBps) / 10_000n;
  const burnedDust = slashedDust - rewardedDust;
  const remaining: EnrollmentRecord = {...record, stakeDust: record.stakeDust - slashedDust};
  putRecord(state, remaining);
  credit(state, content.sender, rewardedDust);
  burn(state, burnedDust);
  const thresholdDust = state.get(params, AUTO_REVOKE_MIN_STAKE)?.value ?? 0n;
  const autoRevoked = record.revokedAtHeight === null && isUnderBonded(remaining, thresholdDust, rules);
  if (autoRevoked) revokeRecord(state, remaining, block);
  forfeitReputation(state, record.owner, block);
  return {
    nodeId: record.nodeId,
    evidenceKind: slash.evidenceKind,
    slashedDust,
    rewardedDust,
    burnedDust,
    autoRevoked,
    remainingDust: remaining.stakeDust,
  };
}
