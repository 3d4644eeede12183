/** The DAG after a restart: what was on disk, and what consensus had committed by then. */
import type {Batch, BatchRef} from "../../../codecs/dag/batch.js";
import {aboutOf, type Kept} from "../../../codecs/dag/kept.js";
import {QsdmError} from "../../../errors.js";
import {checkBatch} from "./check.js";
import type {Journal} from "./effects.js";
import type {DagRules} from "./rules.js";
import {type BodyIds, type DagState, emptyDag} from "./state.js";
import {Turn} from "./turn.js";

export interface Restored {
  readonly state: DagState;
  /** What this node promised to hold, no block took, and its disk does not give back as it was. */
  readonly lost: readonly BatchRef[];
}

/**
 * Rebuilds the state without a single effect. An own batch whose signature was made but never kept was never sent
 * either, so its round is free; everything that was acknowledged stays acknowledged. A batch that the disk altered is
 * left out, as if it had never come: others have it.
 * @param committed what consensus committed, as far back as it can matter
 */
export function restoreDag(journal: Journal, rules: DagRules, committed: readonly BatchRef[]): Restored {
  const turn = new Turn(emptyDag(rules.firstRound), rules);
  for (const ref of committed) {
    turn.setSlot(ref, {committed: ref.batchId});
    if (ref.round > turn.state.committedRound) turn.set({committedRound: ref.round, certifiedRound: ref.round});
  }
  for (const record of journal) {
    const {epoch, ref} = aboutOf(record);
    if (epoch === rules.committee.epoch && !turn.isForgotten(ref)) restore(turn, record, ref);
  }
  return {state: turn.state, lost: lostOf(turn.state)};
}

function restore(turn: Turn, record: Kept, ref: BatchRef): void {
  const {state, rules} = turn;
  const isOwn = ref.creator === rules.self;
  // Also where the batch itself is lost: never a second one for its round.
  if (isOwn && record.type !== "certificate" && ref.round > state.ownRound) turn.set({ownRound: ref.round});
  switch (record.type) {
    case "acked":
      return turn.setSlot(ref, {acked: ref.batchId});
    case "certificate":
      turn.setSlot(ref, {certificate: record.certificate});
      return turn.set({certifiedRound: ref.round > state.certifiedRound ? ref.round : state.certifiedRound});
    case "batch": {
      const ids = idsOfIntact(record.batch, rules);
      if (!ids) return;
      const bodies = new Map(turn.slot(ref).bodies).set(ref.batchId, {ref, batch: record.batch, ...ids});
      turn.setSlot(ref, {bodies});
      if (isOwn && turn.slot(ref).committed === null)
        // Due at once: nobody can say how much of it was heard.
        turn.set({
          unsettled: new Map(state.unsettled).set(ref.batchId, {ref, dueMs: 0n, delayMs: rules.limits.resendMs}),
        });
    }
  }
}

/** Every row was checked before it was written: one that does not hold was altered since. */
function idsOfIntact(batch: Batch, rules: DagRules): BodyIds | null {
  try {
    return checkBatch(batch, rules);
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    return null;
  }
}

function lostOf({rounds}: DagState): readonly BatchRef[] {
  const lost: BatchRef[] = [];
  for (const [round, slots] of rounds)
    for (const [creator, {acked, committed, bodies}] of slots)
      if (acked !== null && committed === null && !bodies.has(acked)) lost.push({round, creator, batchId: acked});
  return lost;
}
