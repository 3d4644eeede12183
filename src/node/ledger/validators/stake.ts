/** Stake as chain state: who put up how much to vote, and what became of it. */
import {equalBytes} from "../../../codecs/bytes.js";
import {type StakeRecord, validatorIdOf} from "../../../codecs/chain/validator-payloads.js";
import {RuleError} from "../../../errors.js";
import type {BlockContext} from "../chain/contract.js";
import type {LedgerEvent} from "../chain/events.js";
import {credit} from "../monetary/supply.js";
import type {ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {heightKey, stakeMaturities, stakes, validators} from "../state/stores.js";

/** Where a stake stands: `jailed` until its owner asks it out, `leaving` until it is returned. */
export type StakePhase = "active" | "jailed" | "leaving";

export const stakePhaseOf = ({jailedUntilHeight, maturesAtHeight}: StakeRecord): StakePhase =>
  maturesAtHeight > 0n ? "leaving" : jailedUntilHeight > 0n ? "jailed" : "active";

/** Voting power that a stake is worth; 0 is too little to vote. */
export const powerOf = ({stakeDust}: Pick<StakeRecord, "stakeDust">, {validators}: Pick<ChainParams, "validators">) =>
  validators.stakeDust === 0n ? 0n : stakeDust / validators.stakeDust;

/** Whether it can be elected: neither leaving nor jailed, and enough. */
export const isCandidate = (stake: StakeRecord, params: Pick<ChainParams, "validators">): boolean =>
  stakePhaseOf(stake) === "active" && powerOf(stake, params) > 0n;

/** @throws RuleError VALIDATOR_UNKNOWN, VALIDATOR_NOT_OWNER */
export function ownStake(state: State, validator: string, sender: string): StakeRecord {
  const stake = state.get(stakes, validator);
  if (!stake)
    throw new RuleError("VALIDATOR_UNKNOWN", `nobody staked on voting key ${validator}`, {
      hint: "list them with: qsdm validators --all",
    });
  if (stake.owner !== sender)
    throw new RuleError("VALIDATOR_NOT_OWNER", `${validator} belongs to ${stake.owner}, not to ${sender}`, {
      hint: "sign with the keystore that staked: --in FILE",
    });
  return stake;
}

/** @throws RuleError VALIDATOR_LEAVING */
export function checkStays(stake: StakeRecord): void {
  if (stake.maturesAtHeight > 0n)
    throw new RuleError(
      "VALIDATOR_LEAVING",
      `${validatorIdOf(stake.publicKey)} is leaving, its stake returns at height ${stake.maturesAtHeight}`,
      {hint: "join again after that height"},
    );
}

/** @throws RuleError VALIDATOR_STAKE_TOO_LOW */
export function checkEnough(stake: Pick<StakeRecord, "stakeDust">, params: Pick<ChainParams, "validators">): void {
  if (powerOf(stake, params) > 0n) return;
  const {stakeDust} = params.validators;
  throw new RuleError("VALIDATOR_STAKE_TOO_LOW", `a stake of ${stake.stakeDust} dust, voting takes ${stakeDust}`, {
    hint: "stake more with: qsdm validator join",
    details: {stake_dust: stake.stakeDust, needed_dust: stakeDust},
  });
}

/** An election that nobody could win leaves the vote to whoever had it, also to one who has left. */
const votes = (state: State, {publicKey}: StakeRecord): boolean => {
  for (const key of state.keys(validators))
    if (equalBytes(state.get(validators, key)!.publicKey, publicKey)) return true;
  return false;
};

/**
 * Returns every stake that matures at or before a block, by its height and by its time, in order of height and id, and drops
 * its record; that of a key that votes stays until it does not.
 */
export function sweepStakes(state: State, {height, timeMs}: Pick<BlockContext, "height" | "timeMs">): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const end = heightKey(height + 1n);
  for (const key of state.keys(stakeMaturities)) {
    if (key >= end) break;
    const {validator, notBeforeMs} = state.get(stakeMaturities, key)!;
    if (timeMs < notBeforeMs) continue;
    const stake = state.get(stakes, validator)!;
    if (votes(state, stake)) continue;
    const {owner, stakeDust} = stake;
    state.remove(stakeMaturities, key);
    state.remove(stakes, validator);
    credit(state, owner, stakeDust);
    events.push({type: "stake-returned", validator, owner, stakeDust});
  }
  return events;
}
