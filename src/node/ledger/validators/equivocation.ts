/**
 * `qsdm/equivocation/v1`: takes part of the stake of a validator that signed two statements of which only one can be
 * honest, and puts it in jail. Nothing else slashes a validator: not being there costs nothing.
 */

import {type StakeRecord, validatorIdOf} from "../../../codecs/chain/validator-payloads.js";
import {
  EQUIVOCATION_CONTRACT,
  type EquivocationProof,
  equivocation,
  faultOf,
  offenceOf,
} from "../../../codecs/consensus/equivocation.js";
import {RuleError} from "../../../errors.js";
import type {Call, Contract, Effect} from "../chain/contract.js";
import {forfeitReputation} from "../governance/reputation.js";
import {burn} from "../monetary/supply.js";
import type {State} from "../state/state.js";
import {evidence, stakes} from "../state/stores.js";
import {powerOf} from "./stake.js";

/** Share of the stake that is burned, in basis points (spec/bft-ledger.md 9, O1). Whoever reports it gets nothing. */
export const EQUIVOCATION_BPS = 750n;
/** Time in jail, in epochs (same place). */
export const JAIL_EPOCHS = 10n;

/** What one offence takes, in dust. */
const shareOf = ({stakeDust}: Pick<StakeRecord, "stakeDust">): bigint => (stakeDust * EQUIVOCATION_BPS) / 10_000n;

/** The height at which an offence was punished, or null. */
export const punishedAt = (state: State, proof: EquivocationProof): bigint | null =>
  state.get(evidence, offenceOf(proof))?.slashedAtHeight ?? null;

/**
 * The stake that `proof` is about, where the proof is one and nothing was taken for it yet.
 * @throws RuleError EQUIVOCATION_UNPROVEN, EQUIVOCATION_PUNISHED, VALIDATOR_UNKNOWN, VALIDATOR_STAKE_GONE
 */
function accused({state, block}: Call, proof: EquivocationProof): StakeRecord {
  const {chainId} = block.params;
  const refuse = (why: string): never => {
    throw new RuleError("EQUIVOCATION_UNPROVEN", `no equivocation is proven: ${why}`);
  };
  if (proof.chainId !== chainId) refuse(`it is of chain ${proof.chainId}, this is ${chainId}`);
  const punished = punishedAt(state, proof);
  if (punished !== null)
    throw new RuleError("EQUIVOCATION_PUNISHED", `this offence was punished at height ${punished}`);
  const stake = state.get(stakes, validatorIdOf(proof.publicKey));
  if (!stake) throw new RuleError("VALIDATOR_UNKNOWN", "nobody has stake on the key that signed");
  // Evidence is free, and the key can make as much of it as it likes: what is taken is what bounds it.
  if (stake.jailedUntilHeight > 0n && shareOf(stake) === 0n)
    throw new RuleError("VALIDATOR_STAKE_GONE", "it is in jail, and nothing of its stake is left to take");
  const fault = faultOf(proof, block.verifyVote);
  if (fault !== null) refuse(fault);
  return stake;
}

function apply(call: Call): Effect {
  const {state, block, content, txId} = call;
  const proof = equivocation.decode(content.payload);
  const stake = accused(call, proof);
  const validator = validatorIdOf(proof.publicKey);
  const {epochBlocks} = block.params.validators;
  const burnedDust = shareOf(stake);
  const until = block.height + JAIL_EPOCHS * epochBlocks;
  const left: StakeRecord = {
    ...stake,
    stakeDust: stake.stakeDust - burnedDust,
    jailedUntilHeight: until > stake.jailedUntilHeight ? until : stake.jailedUntilHeight,
  };
  state.put(stakes, validator, left);
  state.put(evidence, offenceOf(proof), {slashedAtHeight: block.height});
  burn(state, burnedDust);
  forfeitReputation(state, stake.owner, block);
  const outcome = {
    nodeId: validator,
    evidenceKind: `double-${proof.kind}`,
    slashedDust: burnedDust,
    rewardedDust: 0n,
    burnedDust,
    autoRevoked: powerOf(left, block.params) === 0n,
    remainingDust: left.stakeDust,
  };
  return {events: [{type: "slash-applied", txId, slasher: content.sender, outcome}], slash: outcome};
}

export const equivocationContract: Contract = {
  id: EQUIVOCATION_CONTRACT,
  check: ({payload}) => void equivocation.decode(payload),
  adds: () => 1,
  apply,
  rejected: ({txId, content}, reason) => ({type: "slash-rejected", txId, slasher: content.sender, reason}),
};
