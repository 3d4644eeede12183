/**
 * The supply equation. Every dust is in an account or a bond, and `genesis + mined - burned` says how many there
 * are; whoever moves money does so through this file or between two of its places.
 */
import type {QuorumStakeRecord} from "../../../codecs/chain/quorum-stake.js";
import {escrowOf, type StreamRecord} from "../../../codecs/chain/stream.js";
import type {VestingRecord} from "../../../codecs/chain/vesting.js";
import {InvariantError, RuleError} from "../../../errors.js";
import type {State} from "../state/state.js";
import {
  type Account,
  accounts,
  enrollments,
  quorumStakes,
  SUPPLY_KEY,
  type Supply,
  stakes,
  streams,
  supply,
  vestings,
} from "../state/stores.js";
import {MINING_CAP_DUST, TREASURY_CAP_DUST} from "./emission.js";

const NO_ACCOUNT: Account = {balanceDust: 0n, nonce: 0n};

/** The account at `address`; one that was never used holds nothing. */
export const accountAt = (state: State, address: string): Account => state.get(accounts, address) ?? NO_ACCOUNT;

export const supplyOf = (state: State): Supply =>
  state.get(supply, SUPPLY_KEY) ?? {genesisDust: 0n, minedDust: 0n, burnedDust: 0n};

/** Adds to a balance. The cap keeps every sum far below 2^64. */
export function credit(state: State, address: string, amountDust: bigint): void {
  if (amountDust === 0n) return;
  const {balanceDust, nonce} = accountAt(state, address);
  state.put(accounts, address, {balanceDust: balanceDust + amountDust, nonce});
}

/**
 * Takes from a balance.
 * @throws RuleError BALANCE_TOO_LOW
 */
export function debit(state: State, address: string, amountDust: bigint): void {
  const {balanceDust, nonce} = accountAt(state, address);
  state.put(accounts, address, {balanceDust: less(address, balanceDust, amountDust), nonce});
}

/**
 * Takes a fee and the nonce that it was signed for.
 * @param account what is at `address`
 * @throws RuleError BALANCE_TOO_LOW
 */
export function spend(state: State, address: string, {balanceDust, nonce}: Account, feeDust: bigint): void {
  state.put(accounts, address, {balanceDust: less(address, balanceDust, feeDust), nonce: nonce + 1n});
}

function less(address: string, balanceDust: bigint, amountDust: bigint): bigint {
  if (balanceDust >= amountDust) return balanceDust - amountDust;
  throw balanceTooLow(address, balanceDust, amountDust);
}

export const balanceTooLow = (address: string, balanceDust: bigint, neededDust: bigint): RuleError =>
  new RuleError("BALANCE_TOO_LOW", `${address} has ${balanceDust} dust, needs ${neededDust}`, {
    details: {balance_dust: balanceDust, needed_dust: neededDust},
  });

/** Allocates from the treasury's share; genesis only. */
export function allocate(state: State, address: string, amountDust: bigint): void {
  lockAtGenesis(state, amountDust);
  credit(state, address, amountDust);
}

/** Counts what genesis locks, which comes out of the treasury's share as well. */
export function lockAtGenesis(state: State, amountDust: bigint): void {
  const now = supplyOf(state);
  const genesisDust = now.genesisDust + amountDust;
  if (genesisDust > TREASURY_CAP_DUST)
    throw new RuleError("SUPPLY_CAP", `genesis allocates ${genesisDust} dust, at most ${TREASURY_CAP_DUST}`);
  state.put(supply, SUPPLY_KEY, {...now, genesisDust});
}

/** Mints a mining reward. Running into the cap is a bug: the schedule stays below it. */
export function mint(state: State, address: string, amountDust: bigint): void {
  const now = supplyOf(state);
  const minedDust = now.minedDust + amountDust;
  if (minedDust > MINING_CAP_DUST) throw new InvariantError(`mining would exceed its cap of ${MINING_CAP_DUST} dust`);
  state.put(supply, SUPPLY_KEY, {...now, minedDust});
  credit(state, address, amountDust);
}

/** Records dust that left a balance or a bond for good. */
export function burn(state: State, amountDust: bigint): void {
  if (amountDust === 0n) return;
  const now = supplyOf(state);
  state.put(supply, SUPPLY_KEY, {...now, burnedDust: now.burnedDust + amountDust});
}

/** Dust by the kind of place it is in. */
export interface HeldDust {
  readonly balancesDust: bigint;
  /**
   * Locked: bonds of miners, stakes of validators and behind clients of quorums, what has yet to be claimed of what vests, and
   * what streams hold.
   */
  readonly bondsDust: bigint;
}

const unclaimed = (record: VestingRecord | undefined): bigint => (record ? record.totalDust - record.claimedDust : 0n);

const escrowed = (record: StreamRecord | undefined): bigint => (record ? escrowOf(record) : 0n);

const behindKey = (record: QuorumStakeRecord | undefined): bigint =>
  record ? record.stakeDust + record.releasingDust : 0n;

/** Dust in balances and in bonds, counted over the whole state. */
export function countDust(state: State): HeldDust {
  let balancesDust = 0n;
  for (const key of state.keys(accounts)) balancesDust += state.get(accounts, key)!.balanceDust;
  let bondsDust = 0n;
  for (const key of state.keys(enrollments)) bondsDust += state.get(enrollments, key)!.stakeDust;
  for (const key of state.keys(stakes)) bondsDust += state.get(stakes, key)!.stakeDust;
  for (const key of state.keys(vestings)) bondsDust += unclaimed(state.get(vestings, key));
  for (const key of state.keys(streams)) bondsDust += escrowed(state.get(streams, key));
  for (const key of state.keys(quorumStakes)) bondsDust += behindKey(state.get(quorumStakes, key));
  return {balancesDust, bondsDust};
}

/** `held` of a parent state plus what `fork` changed: the same as a full count at the cost of a block. */
export function recountDust(fork: State, held: HeldDust): HeldDust {
  let {balancesDust, bondsDust} = held;
  for (const {before, after} of fork.changed(accounts))
    balancesDust += (after?.balanceDust ?? 0n) - (before?.balanceDust ?? 0n);
  for (const store of [enrollments, stakes])
    for (const {before, after} of fork.changed<{readonly stakeDust: bigint}>(store))
      bondsDust += (after?.stakeDust ?? 0n) - (before?.stakeDust ?? 0n);
  for (const {before, after} of fork.changed(vestings)) bondsDust += unclaimed(after) - unclaimed(before);
  for (const {before, after} of fork.changed(streams)) bondsDust += escrowed(after) - escrowed(before);
  for (const {before, after} of fork.changed(quorumStakes)) bondsDust += behindKey(after) - behindKey(before);
  return {balancesDust, bondsDust};
}

/** What the equation says must be in balances and bonds together. */
export const expectedDust = ({genesisDust, minedDust, burnedDust}: Supply): bigint =>
  genesisDust + minedDust - burnedDust;

/** Stops the node when the books do not balance. */
export function assertSupply(held: HeldDust, books: Supply): void {
  const sum = held.balancesDust + held.bondsDust;
  if (sum !== expectedDust(books))
    throw new InvariantError(`supply equation broken: ${sum} dust held, ${expectedDust(books)} accounted for`);
}
