/** Money that vests: the treasury's, and whoever else a genesis gives something over time. */
import type {Genesis} from "../../../codecs/chain/genesis.js";
import {VESTING_CLAIM_CONTRACT, type VestingRecord, vestingClaim} from "../../../codecs/chain/vesting.js";
import {RuleError} from "../../../errors.js";
import type {Call, Contract, Effect} from "../chain/contract.js";
import {newAccounts} from "../chain/growth.js";
import type {State} from "../state/state.js";
import {vestings} from "../state/stores.js";
import {credit, lockAtGenesis} from "./supply.js";

/** Dust of it that has vested at `height`, claimed or not; rounded down. */
export function vestedAt({totalDust, cliffHeight, endHeight}: VestingRecord, height: bigint): bigint {
  if (height < cliffHeight) return 0n;
  return height >= endHeight ? totalDust : (totalDust * height) / endHeight;
}

/** Dust that a claim in the block at `height` would pay. */
export const claimableAt = (record: VestingRecord, height: bigint): bigint =>
  vestedAt(record, height) - record.claimedDust;

/** Sets aside what a genesis gives away over time, out of the treasury's share. */
export function startVestings(state: State, genesis: Genesis): void {
  for (const {to, amountDust, cliffHeight, endHeight} of genesis.vestings) {
    lockAtGenesis(state, amountDust);
    state.put(vestings, to, {totalDust: amountDust, claimedDust: 0n, cliffHeight, endHeight});
  }
}

/** The record of `beneficiary`. @throws RuleError VESTING_UNKNOWN */
export function vestingOf(state: State, beneficiary: string): VestingRecord {
  const record = state.get(vestings, beneficiary);
  if (!record)
    throw new RuleError("VESTING_UNKNOWN", `nothing vests for ${beneficiary}`, {
      hint: "qsdm vesting show lists for whom something does; what was claimed to its end is there no more",
    });
  return record;
}

function claim({state, block, content}: Call): Effect {
  const {to} = vestingClaim.decode(content.payload);
  const record = vestingOf(state, content.sender);
  const amountDust = claimableAt(record, block.height);
  if (amountDust === 0n)
    throw new RuleError("VESTING_NOTHING_DUE", `nothing more has vested at height ${block.height}`, {
      hint: "qsdm vesting show says from which height on",
      details: {height: block.height, cliff_height: record.cliffHeight, claimed_dust: record.claimedDust},
    });
  const claimedDust = record.claimedDust + amountDust;
  if (claimedDust === record.totalDust) state.remove(vestings, content.sender);
  else state.put(vestings, content.sender, {...record, claimedDust});
  credit(state, to, amountDust);
  return {events: [{type: "vesting-claimed", beneficiary: content.sender, to, amountDust}], slash: null};
}

export const vestingContract: Contract = {
  id: VESTING_CLAIM_CONTRACT,
  check: ({payload}) => void vestingClaim.decode(payload),
  adds: ({payload}, state) => newAccounts(state, [vestingClaim.decode(payload).to]),
  apply: claim,
  rejected: () => null,
};
