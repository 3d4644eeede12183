/** How one comes to vote, stops, and comes back from jail. Each is a signed transaction of whoever stakes. */
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  UNJAIL_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  validatorUnjail,
  votingKeyClaim,
} from "../../../codecs/chain/validator-payloads.js";
import {RuleError} from "../../../errors.js";
import type {BlockContext, Call, Contract, Effect} from "../chain/contract.js";
import {debit} from "../monetary/supply.js";
import {blocksIn} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {heightKey, stakeMaturities, stakes} from "../state/stores.js";
import {checkEnough, checkStays, isCandidate, ownStake} from "./stake.js";

/** @throws RuleError VALIDATORS_FIXED */
function checkStaking({params}: Pick<BlockContext, "params">): void {
  if (params.validators.stakeDust === 0n)
    throw new RuleError("VALIDATORS_FIXED", "the validators of this chain's genesis vote for ever", {
      hint: "validatorStakeDust says at genesis what a vote costs",
    });
}

function join({state, block, content}: Call): Effect {
  const {publicKey, amountDust, possession} = validatorJoin.decode(content.payload);
  const validator = validatorIdOf(publicKey);
  const {sender: owner, chainId} = content;
  const fresh = {joinedAtHeight: block.height, jailedUntilHeight: 0n, maturesAtHeight: 0n, stakeDust: 0n};
  const known = state.has(stakes, validator) ? ownStake(state, validator, owner) : null;
  if (known) checkStays(known);
  const before = known ?? {publicKey, owner, ...fresh};
  const stake = {...before, stakeDust: before.stakeDust + amountDust};
  checkEnough(stake, block.params);
  debit(state, owner, amountDust);
  // Last, since it costs the most.
  if (!block.verifyVote(publicKey, votingKeyClaim(chainId, owner, publicKey), possession))
    throw new RuleError("VALIDATOR_KEY_UNPROVEN", "the voting key did not sign for this account", {
      hint: "run qsdm validator join beside the data directory of the node that will vote",
    });
  state.put(stakes, validator, stake);
  return {events: [{type: "stake-locked", validator, owner, stakeDust: amountDust}], slash: null};
}

/** Whether anybody could be elected without `validator`. */
function hasOther(state: State, validator: string, params: BlockContext["params"]): boolean {
  for (const id of state.keys(stakes)) if (id !== validator && isCandidate(state.get(stakes, id)!, params)) return true;
  return false;
}

function leave({state, block, content}: Call): Effect {
  const {validator} = validatorLeave.decode(content.payload);
  const {sender: owner} = content;
  const stake = ownStake(state, validator, owner);
  checkStays(stake);
  if (isCandidate(stake, block.params) && !hasOther(state, validator, block.params))
    throw new RuleError("VALIDATOR_LAST", `nobody else could vote without ${validator}`, {
      hint: "leave once another validator has joined",
    });
  const {unbondSeconds} = block.params.validators;
  const maturesAtHeight = block.height + blocksIn(block.params, unbondSeconds);
  const notBeforeMs = block.timeMs + BigInt(unbondSeconds) * 1_000n;
  state.put(stakes, validator, {...stake, maturesAtHeight});
  state.put(stakeMaturities, `${heightKey(maturesAtHeight)}/${validator}`, {validator, notBeforeMs});
  return {events: [{type: "stake-leaving", validator, owner, stakeDust: stake.stakeDust}], slash: null};
}

function unjail({state, block, content}: Call): Effect {
  const {validator} = validatorUnjail.decode(content.payload);
  const stake = ownStake(state, validator, content.sender);
  checkStays(stake);
  const {jailedUntilHeight} = stake;
  if (jailedUntilHeight === 0n) throw new RuleError("VALIDATOR_NOT_JAILED", `${validator} is not in jail`);
  if (block.height < jailedUntilHeight)
    throw new RuleError("VALIDATOR_JAILED", `${validator} is in jail up to height ${jailedUntilHeight}`, {
      hint: "ask again from that height on",
      details: {jailed_until_height: jailedUntilHeight, height: block.height},
    });
  checkEnough(stake, block.params);
  state.put(stakes, validator, {...stake, jailedUntilHeight: 0n});
  return {events: [{type: "validator-unjailed", validator, owner: stake.owner}], slash: null};
}

const contract = (
  id: string,
  {decode, adds, apply}: Pick<Contract, "adds"> & {decode(payload: Uint8Array): unknown; apply(call: Call): Effect},
): Contract => ({
  id,
  adds,
  check({payload}, block) {
    decode(payload);
    checkStaking(block);
  },
  apply(call) {
    checkStaking(call.block);
    return apply(call);
  },
  rejected: () => null,
});

export const joinContract = contract(JOIN_CONTRACT, {
  decode: validatorJoin.decode,
  adds: ({payload}, state) => (state.has(stakes, validatorIdOf(validatorJoin.decode(payload).publicKey)) ? 0 : 1),
  apply: join,
});
export const leaveContract = contract(LEAVE_CONTRACT, {
  decode: validatorLeave.decode,
  // Its place among the stakes that mature.
  adds: () => 1,
  apply: leave,
});
export const unjailContract = contract(UNJAIL_CONTRACT, {decode: validatorUnjail.decode, adds: () => 0, apply: unjail});
