/** `qsdm/slash/v1`: takes a bond for a proven offence, pays the reporter, burns the rest. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {SLASH_CONTRACT} from "../../../codecs/chain/payloads.js";
import type {SlashOutcome} from "../../../codecs/chain/receipt.js";
import {checkSlashPayload, type SlashPayload, slashPayload} from "../../../codecs/slashing/payload.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {Call, Contract} from "../chain/contract.js";
import {AUTO_REVOKE_MIN_STAKE, REWARD_BPS} from "../chain/genesis.js";
import type {EnrollmentRecord} from "../enrollment/record.js";
import {revokeRecord} from "../enrollment/registry.js";
import {burn, credit} from "../monetary/supply.js";
import {enrollments, evidence, params} from "../state/stores.js";
import {DOUBLE_MINING, readDoubleMining} from "./double-mining.js";
import type {Accusation, Offence, ReadEvidence} from "./offence.js";

const READERS: ReadonlyMap<string, ReadEvidence> = new Map([[DOUBLE_MINING, readDoubleMining]]);

function read({payload, sender}: UnsignedEnvelope): SlashPayload {
  try {
    const slash = slashPayload.decode(payload);
    checkSlashPayload(slash, sender);
    return slash;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError("SLASH_DECODE_FAILED", cause.message, {cause});
  }
}

function readOffence({evidenceKind, evidence: blob, nodeId}: SlashPayload): Offence {
  const reader = READERS.get(evidenceKind);
  if (!reader) throw new RuleError("SLASH_VERIFIER_FAILED", `no verifier for evidence of kind ${evidenceKind}`);
  try {
    return reader(blob!, nodeId);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new RuleError("SLASH_VERIFIER_FAILED", `the evidence does not decode: ${cause.message}`, {cause});
  }
}

/** Whatever the proof lacks, the reason recorded is that it proves nothing. */
function prove(offence: Offence, accusation: Accusation): void {
  try {
    offence.prove(accusation);
  } catch (cause) {
    if (!(cause instanceof RuleError || cause instanceof DecodeError)) throw cause;
    throw new RuleError("SLASH_VERIFIER_FAILED", cause.message, {cause});
  }
}

const min = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a < b ? a : b));

/** Moves the stake to the reporter and the fire; what is left may be too little to stay active. */
function punish({state, block, content}: Call, record: EnrollmentRecord, slash: SlashPayload): SlashOutcome {
  const {capDust} = block.params.slashing;
  const slashedDust = min(slash.slashAmountDust, capDust, record.stakeDust);
  const rewardBps = state.get(params, REWARD_BPS)?.value ?? 0n;
  const rewardedDust = (slashedDust * rewardBps) / 10_000n;
  const burnedDust = slashedDust - rewardedDust;
  const remaining: EnrollmentRecord = {...record, stakeDust: record.stakeDust - slashedDust};
  state.put(enrollments, record.nodeId, remaining);
  credit(state, content.sender, rewardedDust);
  burn(state, burnedDust);
  const threshold = state.get(params, AUTO_REVOKE_MIN_STAKE)?.value ?? 0n;
  const autoRevoked = record.revokedAtHeight === null && remaining.stakeDust < threshold;
  if (autoRevoked) revokeRecord(state, remaining, block);
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

export const slashContract: Contract = {
  id: SLASH_CONTRACT,

  check: (content) => void read(content),

  apply(call) {
    const {state, block, txId, content} = call;
    const slash = read(content);
    const record = state.get(enrollments, slash.nodeId);
    if (!record) throw new RuleError("SLASH_NODE_NOT_ENROLLED", `node ${slash.nodeId} is not enrolled`);
    const offence = readOffence(slash);
    const seen = state.get(evidence, offence.replayKey);
    if (seen)
      throw new RuleError("SLASH_EVIDENCE_REPLAYED", `this offence was slashed at height ${seen.slashedAtHeight}`);
    if (record.stakeDust === 0n) throw new RuleError("SLASH_NOTHING_LEFT", `node ${slash.nodeId} has no bond left`);
    prove(offence, {record, block});
    state.put(evidence, offence.replayKey, {slashedAtHeight: block.height});
    const outcome = punish(call, record, slash);
    return {events: [{type: "slash-applied", txId, slasher: content.sender, outcome}], slash: outcome};
  },

  rejected: ({txId, content}, reason) => ({type: "slash-rejected", txId, slasher: content.sender, reason}),
};
