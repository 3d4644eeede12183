/** Questions that the rest of the node asks the DAG. */
import {type BatchRef, compareRefs} from "../../../codecs/dag/batch.js";
import type {BatchAnswer} from "../../../codecs/dag/message.js";
import {type Body, certifiedId, type DagState, slotAt} from "./state.js";

export const bodyOf = (state: DagState, ref: BatchRef): Body | null =>
  slotAt(state, ref).bodies.get(ref.batchId) ?? null;

export const isCertified = (state: DagState, ref: BatchRef): boolean => certifiedId(slotAt(state, ref)) === ref.batchId;

/** Whether a batch and its certificate are here: what a proposal may name and a vote may be for. */
export const hasBoth = (state: DagState, ref: BatchRef): boolean =>
  bodyOf(state, ref) !== null && isCertified(state, ref);

/** Of `refs`, those that a validator cannot vote for yet. */
export const missingOf = (state: DagState, refs: readonly BatchRef[]): readonly BatchRef[] =>
  refs.filter((ref) => !hasBoth(state, ref));

/** Batches that hold something, are certified and here, and are not committed: in the order in which blocks take them. */
export function frontier(state: DagState): readonly Body[] {
  const out: Body[] = [];
  for (const round of state.rounds.values())
    for (const {bodies, certificate, committed} of round.values()) {
      const body = certificate && committed === null ? bodies.get(certificate.ref.batchId) : undefined;
      if (body && body.batch.transactions.length + body.batch.proofs.length > 0) out.push(body);
    }
  return out.sort((a, b) => compareRefs(a.ref, b.ref));
}

/** Ids of what is in a batch that can still be committed, so that it needs no other. */
export function packedIds(state: DagState): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const round of state.rounds.values())
    for (const {bodies, committed} of round.values())
      if (committed === null)
        for (const body of bodies.values()) {
          for (const id of body.txIds) ids.add(id);
          for (const id of body.proofIds) ids.add(id);
        }
  return ids;
}

/** What this node has of a batch that a peer asks for. */
export function answerFor(state: DagState, ref: BatchRef): BatchAnswer {
  const {certificate} = slotAt(state, ref);
  return {
    batch: bodyOf(state, ref)?.batch ?? null,
    certificate: certificate?.ref.batchId === ref.batchId ? certificate : null,
  };
}
