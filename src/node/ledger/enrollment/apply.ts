/**
 * Enrolling and unenrolling as changes of state, whichever envelope asked for them.
 * Source: QSDM mining protocol, sections 19.6 and 19.8; the messages are the reference's.
 */
import {boundBondPrefix, deferredBondPrefix, type Enrollment, type Unenrollment} from "../../../codecs/enrollment.js";
import {checkEnrollment, type EnrollmentTerms} from "../../../codecs/enrollment-fields.js";
import {quoteText} from "../../../codecs/go/quote.js";
import {DecodeError, RuleError} from "../../../errors.js";
import type {BlockContext, Call, Effect} from "../chain/contract.js";
import {accountAt, debit} from "../monetary/supply.js";
import type {ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {enrollments, gpuBindings} from "../state/stores.js";
import type {EnrollmentRecord} from "./record.js";
import {gpuIdentity, insertRecord, revokeRecord} from "./registry.js";

/** Where a change of the registry happens. */
export interface RegistrySite {
  readonly state: State;
  readonly block: Pick<BlockContext, "params" | "height">;
}

/** What this chain asks of an enrollment by `owner`. */
export const enrollmentTerms = (owner: string, {chainId, rules, enrollment}: ChainParams): EnrollmentTerms => ({
  bondDust: enrollment.bondDust,
  workPrefix: (payload) =>
    rules.bondWork === "owner" ? boundBondPrefix(payload, chainId, owner) : deferredBondPrefix(payload),
});

/**
 * The checks of a payload that need no state.
 * @throws RuleError ENROLLMENT_STAKE_MISMATCH, ENROLLMENT_DECODE_FAILED
 */
export function checkedEnrollment(read: () => Enrollment, owner: string, params: ChainParams): Enrollment {
  try {
    const enrollment = read();
    checkEnrollment(enrollment, owner, enrollmentTerms(owner, params));
    return enrollment;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    const code = cause.code === "ENROLL_STAKE_MISMATCH" ? "ENROLLMENT_STAKE_MISMATCH" : "ENROLLMENT_DECODE_FAILED";
    throw new RuleError(code, cause.message, {cause});
  }
}

/**
 * Whether `owner` can pay for the record and its names are free, in the reference's order.
 * @throws RuleError ENROLLMENT_INSUFFICIENT_BALANCE, ENROLLMENT_NODE_ID_BOUND, ENROLLMENT_GPU_BOUND
 */
export function checkEnrollable({state, block}: RegistrySite, owner: string, enrollment: Enrollment): void {
  const {nodeId, gpuUuid, stakeDust} = enrollment;
  const {balanceDust} = accountAt(state, owner);
  if (balanceDust < stakeDust)
    throw new RuleError(
      "ENROLLMENT_INSUFFICIENT_BALANCE",
      `enrollment: sender balance below stake: sender has ${balanceDust} dust, need ${stakeDust}`,
      {details: {balance_dust: balanceDust, needed_dust: stakeDust}},
    );
  checkNamesFree(state, block.params, {nodeId, gpuUuid});
}

/** @throws RuleError ENROLLMENT_NODE_ID_BOUND, ENROLLMENT_GPU_BOUND */
export function checkNamesFree(
  state: State,
  params: ChainParams,
  {nodeId, gpuUuid}: Pick<EnrollmentRecord, "nodeId" | "gpuUuid">,
): void {
  const known = state.get(enrollments, nodeId);
  if (known) {
    const since = `enrolled at height ${known.enrolledAtHeight}, revoked=${known.revokedAtHeight ?? 0n}`;
    throw new RuleError(
      "ENROLLMENT_NODE_ID_BOUND",
      `enrollment: node_id already enrolled: node_id ${quoteText(nodeId)} (${since})`,
      {hint: known.revokedAtHeight === null ? "choose another --node-id" : "wait until the old bond is returned"},
    );
  }
  const bound = state.get(gpuBindings, gpuIdentity(gpuUuid, params));
  if (bound)
    throw new RuleError(
      "ENROLLMENT_GPU_BOUND",
      `enrollment: gpu_uuid already bound to an active enrollment: gpu_uuid bound to node_id ${quoteText(bound.nodeId)}`,
    );
}

/** Locks the bond and adds the record; `nodeKey` is null where the chain has no such keys. @throws RuleError */
export function applyEnrollment(
  {state, block, content: {sender: owner}}: Call,
  enrollment: Enrollment,
  nodeKey: Uint8Array | null,
): Effect {
  checkEnrollable({state, block}, owner, enrollment);
  const {nodeId, gpuUuid, hmacKey, stakeDust, memo} = enrollment;
  debit(state, owner, stakeDust);
  const record: EnrollmentRecord = {
    nodeId,
    owner,
    gpuUuid,
    hmacKey: hmacKey!,
    nodeKey,
    stakeDust,
    bondMode: enrollment.bondMode === "mining_rewards" ? "mining_rewards" : "upfront",
    requiredStakeDust: block.params.enrollment.bondDust,
    earnedStakeDust: stakeDust,
    enrolledAtHeight: block.height,
    revokedAtHeight: null,
    unbondMaturesAtHeight: null,
    memo,
  };
  insertRecord(state, record, block.params);
  return {events: [{type: "enrollment-applied", nodeId, owner, stakeDust}], slash: null};
}

/**
 * The active record of `nodeId`, if it is `sender`'s.
 * @throws RuleError UNENROLLMENT_NOT_ENROLLED, UNENROLLMENT_NOT_OWNER, UNENROLLMENT_ALREADY_REVOKED
 */
export function checkUnenrollable({state, block}: RegistrySite, sender: string, nodeId: string): EnrollmentRecord {
  const record = state.get(enrollments, nodeId);
  const notOwner = "enrollment: sender is not the owner of this node_id: node_id";
  if (!record)
    throw new RuleError(
      block.params.rules.unenrollReasons === "exact" ? "UNENROLLMENT_NOT_ENROLLED" : "UNENROLLMENT_NOT_OWNER",
      `${notOwner} ${quoteText(nodeId)} not enrolled`,
    );
  const {owner, revokedAtHeight} = record;
  if (owner !== sender)
    throw new RuleError(
      "UNENROLLMENT_NOT_OWNER",
      `${notOwner} ${quoteText(nodeId)} owned by ${quoteText(owner)}, sender is ${quoteText(sender)}`,
    );
  if (revokedAtHeight !== null)
    throw new RuleError(
      "UNENROLLMENT_ALREADY_REVOKED",
      `enrollment: node_id already unenrolled: node_id ${quoteText(nodeId)} unenrolled at height ${revokedAtHeight}`,
      {details: {matures_at_height: record.unbondMaturesAtHeight}},
    );
  return record;
}

/** Starts the unbond window of the sender's node. @throws RuleError */
export function applyUnenrollment({state, block, content: {sender}}: Call, {nodeId}: Unenrollment): Effect {
  const {owner, stakeDust} = revokeRecord(state, checkUnenrollable({state, block}, sender, nodeId), block);
  return {events: [{type: "unenrollment-applied", nodeId, owner, stakeDust}], slash: null};
}
