/**
 * Who votes: the validators of genesis, and from the first epoch on those with the most stake
 * (docs/decisions/0068-epochs.md).
 */
import {equalBytes} from "../../../codecs/bytes.js";
import type {Genesis} from "../../../codecs/chain/genesis.js";
import {validatorIdOf} from "../../../codecs/chain/validator-payloads.js";
import type {LedgerEvent} from "../chain/events.js";
import {lockAtGenesis} from "../monetary/supply.js";
import {type ChainParams, chainEpochEnds} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {EPOCH_KEY, type Epoch, epochs, stakes, type Validator, validatorKey, validators} from "../state/stores.js";
import {isCandidate, powerOf} from "./stake.js";

/** The epoch of the block that comes next. */
export const epochOf = (state: State): Epoch => state.get(epochs, EPOCH_KEY)!;

/** Who votes in the epoch of the next block, in order of index. */
export const votersOf = (state: State): readonly Validator[] =>
  [...state.keys(validators)].map((key) => state.get(validators, key)!);

/** Puts the validators of genesis into the state, each with the stake that its power stands for. */
export function startValidators(state: State, genesis: Genesis): void {
  const {validatorStakeDust} = genesis.params;
  state.put(epochs, EPOCH_KEY, {number: 0n, originHeight: 0n});
  genesis.validators.forEach((validator, i) => {
    state.put(validators, validatorKey(i), validator);
    if (validatorStakeDust === 0n) return;
    const {publicKey, power, account: owner} = validator;
    const stakeDust = power * validatorStakeDust;
    lockAtGenesis(state, stakeDust);
    const fresh = {joinedAtHeight: 0n, jailedUntilHeight: 0n, maturesAtHeight: 0n};
    state.put(stakes, validatorIdOf(publicKey), {publicKey, owner, stakeDust, ...fresh});
  });
}

interface Candidate extends Validator {
  readonly id: string;
  readonly stakeDust: bigint;
}

function candidatesOf(state: State, params: Pick<ChainParams, "validators">): Candidate[] {
  const out: Candidate[] = [];
  for (const id of state.keys(stakes)) {
    const stake = state.get(stakes, id)!;
    if (!isCandidate(stake, params)) continue;
    const {publicKey, owner: account, stakeDust} = stake;
    out.push({id, publicKey, account, stakeDust, power: powerOf(stake, params)});
  }
  return out;
}

/** Those with the most stake: whoever votes already keeps its order, and who is new follows by id. */
function elect(state: State, params: Pick<ChainParams, "validators">): readonly Validator[] {
  const now = new Map(votersOf(state).map(({publicKey}, i) => [validatorIdOf(publicKey), i]));
  const place = ({id}: Candidate): number => now.get(id) ?? now.size;
  const byId = (a: Candidate, b: Candidate): number => (a.id < b.id ? -1 : 1);
  return candidatesOf(state, params)
    .sort((a, b) => (a.stakeDust === b.stakeDust ? byId(a, b) : a.stakeDust > b.stakeDust ? -1 : 1))
    .slice(0, params.validators.max)
    .sort((a, b) => place(a) - place(b) || byId(a, b))
    .map(({publicKey, power, account}) => ({publicKey, power, account}));
}

const isSame = (a: readonly Validator[], b: readonly Validator[]): boolean =>
  a.length === b.length &&
  a.every(
    (each, i) =>
      equalBytes(each.publicKey, b[i]!.publicKey) && each.power === b[i]!.power && each.account === b[i]!.account,
  );

/**
 * Ends the epoch with the block at `height` where others are to vote from the next one on. An election that nobody
 * could win changes nothing: a chain without voters would stand for good.
 */
export function stepEpoch(state: State, {height, params}: {height: bigint; params: ChainParams}): LedgerEvent[] {
  if (!chainEpochEnds(params, height)) return [];
  const before = votersOf(state);
  const elected = elect(state, params);
  if (elected.length === 0 || isSame(before, elected)) return [];
  elected.forEach((each, i) => {
    state.put(validators, validatorKey(i), each);
  });
  for (let i = elected.length; i < before.length; i++) state.remove(validators, validatorKey(i));
  const epoch = epochOf(state).number + 1n;
  state.put(epochs, EPOCH_KEY, {number: epoch, originHeight: height});
  return [{type: "epoch-began", epoch, originHeight: height, validators: elected.length}];
}
