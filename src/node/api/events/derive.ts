/** What a block changes, as events in a fixed order: the same on every node that commits it. */
import {type EventBody, eventBody, type Topic} from "../../../codecs/api/events.js";
import type {Header} from "../../../codecs/chain/block.js";
import {escrowOf} from "../../../codecs/chain/stream.js";
import {nodeIdOfProof} from "../../../codecs/mining/attestation.js";
import {readHmacBundleCompat} from "../../../codecs/mining/hmac-bundle.js";
import {type Proof, readProofCompat} from "../../../codecs/mining/proof.js";
import {DecodeError, InvariantError} from "../../../errors.js";
import {FIRST_LOCAL_PLACE, seqOf} from "../../ledger/chain/event-numbers.js";
import {slashesIn} from "../../ledger/chain/events.js";
import type {RunResult} from "../../ledger/chain/run.js";
import {type EnrollmentRecord, phaseOf} from "../../ledger/enrollment/record.js";
import {viewOfSlash} from "../../ledger/slashing/view.js";
import type {State} from "../../ledger/state/state.js";
import {enrollments, params} from "../../ledger/state/stores.js";
import type {LoggedEvent} from "../../storage/store.js";

/** A block that is about to be committed. `result.state` is not merged yet. */
export interface Settled {
  readonly id: string;
  readonly header: Header;
  readonly result: RunResult;
}

/** An event before it has a number. */
export type Untold = Pick<LoggedEvent, "topic" | "body"> & Partial<Pick<LoggedEvent, "proofIndex">>;

/** The JSON of an event as it is kept. */
export const untold = <T extends Topic>(topic: T, body: EventBody<T>): Untold => ({
  topic,
  // The shapes are a map of different types, which TypeScript cannot index by a type parameter.
  body: (eventBody[topic] as unknown as {write(value: EventBody<T>): string}).write(body),
});

/** Events that follow from a block alone, numbered. */
export function eventsOf({id, header, result}: Settled): LoggedEvent[] {
  const {height} = header;
  const told: Untold[] = [
    untold("blocks", {
      event: "block",
      height,
      timeMs: header.timeMs,
      blockId: id,
      transactionCount: header.transactionCount,
      proofCount: header.proofCount,
    }),
    ...proofEvents(result, height),
    ...slashEvents(result, header),
    ...enrollmentEvents(result.state, height),
    ...paramEvents(result.state, height),
    ...streamEvents(result, height),
  ];
  if (told.length >= FIRST_LOCAL_PLACE) throw new InvariantError(`a block with ${told.length} events`);
  return told.map((each, place) => ({proofIndex: null, ...each, seq: seqOf(height, place)}));
}

function* proofEvents({proofs, events}: RunResult, height: bigint): Generator<Untold> {
  const rewarded = events.filter((event) => event.type === "proof-rewarded");
  for (const [proofIndex, {nodeId: settledNode, proofId}] of rewarded.entries()) {
    const proof = readProofCompat(proofs[proofIndex]!);
    // A proof that rules tie to no node stands for itself, and may name one all the same.
    const nodeId = settledNode === proofId ? (namedNode(proof) ?? settledNode) : settledNode;
    const about = proofMembers(proof, {nodeId, proofId});
    // The block has the bytes; they are put in when the event is told.
    const body = {event: "proof_included", height, ...about, reason: "", detail: "", proof: ""} as const;
    yield {...untold("proofs", body), proofIndex};
  }
}

/** Node that a proof names, also where rules tie none to it; `null` for proofs of version 1, which name none. */
function namedNode(proof: Proof): string | null {
  try {
    return nodeIdOfProof(proof, readHmacBundleCompat);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** What every event about a proof says of it. */
export const proofMembers = (proof: Proof, {nodeId, proofId}: {nodeId: string; proofId: string}) => ({
  nodeId,
  proofId,
  epoch: proof.epoch,
  proofHeight: proof.height,
  minerAddr: proof.minerAddr,
});

function* slashEvents({receipts, events}: RunResult, {timeMs}: Header): Generator<Untold> {
  const slashes = new Set(slashesIn(events));
  for (const {txId, outcome, height, sender: slasher, slash, code, message} of receipts) {
    if (!slashes.has(txId)) continue;
    const decided = {txId, outcome, recordedAtMs: timeMs, height, slasher, slash};
    const view = viewOfSlash({...decided, rejectCode: code, rejectMessage: message});
    yield untold("slashes", {event: "slash_resolved", ...view});
  }
}

const byKey = (a: {key: string}, b: {key: string}): number => (a.key < b.key ? -1 : 1);

function* enrollmentEvents(state: State, height: bigint): Generator<Untold> {
  for (const {before, after} of [...state.changed(enrollments)].sort(byKey)) {
    const event = changeOf(before, after);
    const record = after ?? before;
    if (event === null || !record) continue;
    yield untold("enrollments", {
      event,
      height,
      nodeId: record.nodeId,
      owner: record.owner,
      phase: after ? phaseOf(after) : null,
      prevPhase: before ? phaseOf(before) : null,
      stakeDust: after?.stakeDust ?? 0n,
      prevStakeDust: before?.stakeDust ?? null,
      slashable: (after?.stakeDust ?? 0n) > 0n,
      enrolledAtHeight: record.enrolledAtHeight,
      revokedAtHeight: record.revokedAtHeight,
      unbondMaturesAtHeight: record.unbondMaturesAtHeight,
    });
  }
}

function changeOf(before: EnrollmentRecord | undefined, after: EnrollmentRecord | undefined) {
  if (!after) return before ? "dropped" : null;
  if (!before) return "new";
  if (phaseOf(before) !== phaseOf(after)) return "transition";
  return before.stakeDust === after.stakeDust ? null : "stake_delta";
}

function* paramEvents(state: State, height: bigint): Generator<Untold> {
  for (const {key, before, after} of [...state.changed(params)].sort(byKey)) {
    if (!after || before?.value === after.value) continue;
    const prevActiveValue = before?.value ?? null;
    yield untold("params", {event: "param_activated", height, param: key, activeValue: after.value, prevActiveValue});
  }
}

/** Each action in the order of the block: one that is undone by the next has happened all the same. */
function* streamEvents({events}: RunResult, height: bigint): Generator<Untold> {
  for (const event of events) {
    if (event.type !== "stream-stepped") continue;
    const {streamId, action, record, toProviderDust, toPayerDust} = event;
    const {payer, provider, serviceId, status, budgetDust, accruedDust} = record;
    yield untold("streams", {
      event: `stream_${action}`,
      ...{height, streamId, payer, provider, serviceId, status, budgetDust, accruedDust},
      ...{escrowDust: escrowOf(record), toProviderDust, toPayerDust},
    });
  }
}
