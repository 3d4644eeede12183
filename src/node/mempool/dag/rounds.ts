/**
 * Rounds: one is open to this validator once more than two thirds of the power have a certified batch in the round
 * before. Rounds advance only while somebody has something: whoever sees another's batch in the open round joins it,
 * with an empty batch if need be, and nobody opens a round for nothing.
 */
import type {BatchHeader} from "../../../codecs/dag/batch.js";
import type {DagRules} from "./rules.js";
import {certifiedId, type DagState, slotAt} from "./state.js";
import type {Turn} from "./turn.js";

/** Certified batches of `round` by creator, ascending. */
export const certifiedOf = (state: DagState, round: bigint): BatchHeader["parents"] =>
  [...(state.rounds.get(round) ?? [])]
    .flatMap(([creator, slot]) => {
      const batchId = certifiedId(slot);
      return batchId === null ? [] : [{creator, batchId}];
    })
    .sort((a, b) => a.creator - b.creator);

/** The highest round in which this validator may make a batch now, or null. */
export function openRound(state: DagState, {firstRound, committee, limits}: DagRules): bigint | null {
  const next = [state.certifiedRound + 1n, state.certifiedRound].find(
    (round) =>
      round > state.ownRound &&
      (round === firstRound || committee.isQuorum(certifiedOf(state, round - 1n).map(({creator}) => creator))),
  );
  // Consensus is behind: what could not be committed before it is forgotten is not made.
  return next === undefined || next > state.committedRound + limits.gcRounds ? null : next;
}

/** Asks for a batch when a round is open that this validator has a reason to be in. */
export function askForBatch(turn: Turn): void {
  if (turn.rules.self === null) return;
  const round = openRound(turn.state, turn.rules);
  if (round === null) return;
  const joined = [...(turn.state.rounds.get(round)?.values() ?? [])].some(
    (slot) => slot.bodies.size > 0 || certifiedId(slot) !== null,
  );
  if (turn.state.hungry || joined) turn.emit({type: "pack"});
}

/** Whether every parent of `header` is known to be certified; null when one of them is not the certified one. */
export function parentsCertified(state: DagState, header: BatchHeader): boolean | null {
  let all = true;
  for (const {creator, batchId} of header.parents) {
    const known = certifiedId(slotAt(state, {round: header.round - 1n, creator}));
    if (known === null) all = false;
    else if (known !== batchId) return null;
  }
  return all;
}
