/** The DAG after a restart: what was on disk, and what consensus had committed by then. */
import type {BatchRef} from "../../../codecs/dag/batch.js";
import {aboutOf, type Kept} from "../../../codecs/dag/kept.js";
import {idsOf} from "./check.js";
import type {Journal} from "./effects.js";
import type {DagRules} from "./rules.js";
import {type DagState, emptyDag} from "./state.js";
import {Turn} from "./turn.js";

/**
 * Rebuilds the state without a single effect. An own batch whose signature was made but never kept was never sent
 * either, so its round is free; everything that was acknowledged stays acknowledged.
 * @param committed what consensus committed, as far back as it can matter
 */
export function restoreDag(journal: Journal, rules: DagRules, committed: readonly BatchRef[]): DagState {
  const turn = new Turn(emptyDag(rules.firstRound), rules);
  for (const ref of committed) {
    turn.setSlot(ref, {committed: ref.batchId});
    if (ref.round > turn.state.committedRound) turn.set({committedRound: ref.round, certifiedRound: ref.round});
  }
  for (const record of journal) {
    const {epoch, ref} = aboutOf(record);
    if (epoch === rules.committee.epoch && !turn.isForgotten(ref)) restore(turn, record, ref);
  }
  return turn.state;
}

function restore(turn: Turn, record: Kept, ref: BatchRef): void {
  const {state, rules} = turn;
  switch (record.type) {
    case "acked":
      return turn.setSlot(ref, {acked: ref.batchId});
    case "certificate":
      turn.setSlot(ref, {certificate: record.certificate});
      return turn.set({certifiedRound: ref.round > state.certifiedRound ? ref.round : state.certifiedRound});
    case "batch": {
      const ids = idsOf(record.batch, rules);
      const bodies = new Map(turn.slot(ref).bodies).set(ref.batchId, {ref, batch: record.batch, ...ids});
      turn.setSlot(ref, {bodies});
      if (ref.creator !== rules.self) return;
      if (ref.round > state.ownRound) turn.set({ownRound: ref.round});
      if (turn.slot(ref).committed === null)
        // Due at once: nobody can say how much of it was heard.
        turn.set({
          unsettled: new Map(state.unsettled).set(ref.batchId, {ref, dueMs: 0n, delayMs: rules.limits.resendMs}),
        });
    }
  }
}
