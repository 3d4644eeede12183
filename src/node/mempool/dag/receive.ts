/** Batches, acks and certificates as they come in. A refusal is thrown, and then nothing has changed. */
import type {Ack, Availability} from "../../../codecs/dag/availability.js";
import {type Batch, type BatchHeader, type BatchRef, refOf} from "../../../codecs/dag/batch.js";
import {RuleError} from "../../../errors.js";
import {checkAvailability, checkBatch, isAckOf} from "./check.js";
import {fetchDue, found, want} from "./fetch.js";
import {askForBatch, parentsCertified} from "./rounds.js";
import {certifiedId} from "./state.js";
import type {Turn} from "./turn.js";

/**
 * A batch, from its creator or from whoever was asked for it.
 * @throws RuleError BATCH_INVALID, BATCH_PARENT_UNCERTIFIED; DecodeError
 */
export function receiveBatch(turn: Turn, batch: Batch): void {
  const {header} = batch.signed;
  const {rules} = turn;
  if (header.epoch !== rules.committee.epoch) return;
  const ref = refOf(header);
  const slot = turn.slot(ref);
  const certified = certifiedId(slot) === ref.batchId;
  if (turn.isForgotten(ref)) return;
  if (!certified && ref.round > turn.state.certifiedRound + rules.limits.maxRoundsAhead) return;
  if (slot.bodies.has(ref.batchId)) {
    // The creator sends it again because our ack was lost, or never given: a crash can come before it.
    if (slot.acked === ref.batchId) turn.emit({type: "acknowledge", ref});
    else if (slot.acked === null) answer(turn, header, parentsCertified(turn.state, header));
    return;
  }
  const ids = checkBatch(batch, rules);
  const [other] = slot.bodies.values();
  if (other && !slot.reported) {
    turn.emit({type: "evidence", headers: [other.batch.signed, batch.signed]});
    turn.setSlot(ref, {reported: true});
  }
  // Of two batches for one round the first is kept, and the certified one.
  if (other && !certified) return;
  const parents = parentsCertified(turn.state, header);
  if (parents === null)
    throw new RuleError("BATCH_PARENT_UNCERTIFIED", `batch ${ref.batchId.slice(0, 16)} names an uncertified parent`);
  turn.setSlot(ref, {bodies: new Map(turn.slot(ref).bodies).set(ref.batchId, {ref, batch, ...ids})});
  turn.emit({type: "keep", record: {type: "batch", batch}});
  if (ref.creator === rules.self) settleOwn(turn, ref, batch);
  if (certified) {
    found(turn, ref.batchId);
    turn.emit({type: "available", ref});
  }
  answer(turn, header, parents);
  askForBatch(turn);
}

/** Acknowledges a batch once all its parents are certified, and asks for those that are not. */
function answer(turn: Turn, header: BatchHeader, parents: boolean | null): void {
  if (parents) return acknowledge(turn, refOf(header));
  for (const parent of header.parents)
    want(turn, {round: header.round - 1n, ...parent}, turn.rules.limits.fetchDelaysMs[0]);
}

/** This validator's own batch, sealed: it is on disk, and now everybody may have it. */
function settleOwn(turn: Turn, ref: BatchRef, batch: Batch): void {
  const {nowMs, unsettled, ownRound} = turn.state;
  const {resendMs} = turn.rules.limits;
  turn.set({
    ownRound: ref.round > ownRound ? ref.round : ownRound,
    unsettled: new Map(unsettled).set(ref.batchId, {ref, dueMs: nowMs + resendMs, delayMs: resendMs}),
  });
  turn.emit({type: "broadcast", message: {type: "batch", batch}});
}

/** Says that this validator holds `ref`: once for each creator and round, and on disk before it is said. */
function acknowledge(turn: Turn, ref: BatchRef): void {
  const slot = turn.slot(ref);
  if (turn.rules.self === null || slot.acked !== null) return;
  if ((certifiedId(slot) ?? ref.batchId) !== ref.batchId) return;
  turn.setSlot(ref, {acked: ref.batchId});
  turn.emit(
    {type: "keep", record: {type: "acked", epoch: turn.rules.committee.epoch, ref}},
    {type: "acknowledge", ref},
  );
}

/** An ack for this validator's own batch. @throws RuleError ACK_INVALID */
export function receiveAck(turn: Turn, {epoch, ref, validator, signature}: Ack): void {
  const {rules} = turn;
  if (epoch !== rules.committee.epoch || turn.isForgotten(ref) || ref.creator !== rules.self) return;
  const {bodies, certificate, acks} = turn.slot(ref);
  if (!bodies.has(ref.batchId) || certificate !== null || acks.has(validator)) return;
  if (!isAckOf(validator, ref, {epoch, signature}, rules))
    throw new RuleError("ACK_INVALID", `ack of validator ${validator} for round ${ref.round} does not verify`);
  const gathered = new Map(acks).set(validator, signature);
  turn.setSlot(ref, {acks: gathered});
  if (!rules.committee.isQuorum(gathered.keys())) return;
  const signers = [...gathered].sort(([a], [b]) => a - b).map(([who, what]) => ({validator: who, signature: what}));
  const formed: Availability = {epoch, ref, acks: signers};
  certify(turn, formed);
  turn.emit({type: "broadcast", message: {type: "certificate", certificate: formed}});
  askForBatch(turn);
}

/** @throws RuleError AVAILABILITY_INVALID */
export function receiveCertificate(turn: Turn, certificate: Availability): void {
  const {ref, epoch} = certificate;
  if (epoch !== turn.rules.committee.epoch || turn.isForgotten(ref) || turn.slot(ref).certificate !== null) return;
  checkAvailability(certificate, turn.rules);
  certify(turn, certificate);
  // The body is usually on its way already.
  if (!turn.slot(ref).bodies.has(ref.batchId)) want(turn, ref, turn.rules.limits.fetchDelaysMs[0]);
  askForBatch(turn);
}

/** Takes up a certificate that was made or verified here. */
function certify(turn: Turn, certificate: Availability): void {
  const {ref} = certificate;
  turn.setSlot(ref, {certificate, acks: new Map()});
  turn.emit({type: "keep", record: {type: "certificate", certificate}});
  if (ref.round > turn.state.certifiedRound) turn.set({certifiedRound: ref.round});
  if (turn.slot(ref).bodies.has(ref.batchId)) {
    found(turn, ref.batchId);
    turn.emit({type: "available", ref});
  }
  acknowledgeChildren(turn, ref);
  fetchDue(turn);
}

/** Batches of the next round that waited for this one to be certified can be acknowledged now. */
export function acknowledgeChildren(turn: Turn, {round}: BatchRef): void {
  for (const [, {acked, bodies}] of turn.state.rounds.get(round + 1n) ?? []) {
    const [body] = bodies.values();
    if (acked === null && body && parentsCertified(turn.state, body.batch.signed.header)) acknowledge(turn, body.ref);
  }
}
