/** Entering views, leading them and giving them up. */
import type {TimeoutCertificate} from "../../../codecs/consensus/messages.js";
import {type Draft, kept} from "./draft.js";

/**
 * Goes to `view`: by a certificate for the view before, or by a timeout certificate. A certificate alone does not make
 * timeouts short again: a block takes three of them in a row, and where messages are slower than the first timeout every
 * other view would be given up for ever.
 */
export function enterView(draft: Draft, view: bigint, entered: TimeoutCertificate | null): void {
  const {state} = draft;
  draft.set({
    view,
    entered,
    failures: entered ? state.failures + 1 : state.failures,
    building: null,
    // Votes of the view before are still on their way, and make its certificate.
    votes: kept(state.votes, (each) => each + 1n >= view),
    proposed: kept(state.proposed, (each) => each + 1n >= view),
    timeouts: kept(state.timeouts, (each) => each >= view),
  });
  draft.effects.push({type: "timer", view, failures: draft.state.failures});
  lead(draft);
}

/** Asks for a block where this node leads the view and can still propose in it. */
export function lead(draft: Draft): void {
  const {committee, self, view, safety, highCertificate, entered, root, blocks, building, started} = draft.state;
  if (!started || self === null || committee.leader(view) !== self || building === view) return;
  if (safety.proposedView >= view || safety.timeoutView >= view) return;
  if (highCertificate.view + 1n !== view && entered === null) return;
  const {blockId} = highCertificate;
  // A leader that does not have the newest block, or has not run it, cannot build on it yet.
  if (blockId !== root.id && blocks.get(blockId)?.verdict !== "valid") return;
  draft.set({building: view});
  draft.effects.push({type: "build", view, parentId: blockId});
}

/** Stops voting in this view and says so; said again as long as the view lasts, since messages get lost. */
export function giveUp(draft: Draft): void {
  const {self, view, committee, safety, highCertificate, entered} = draft.state;
  if (self === null) return;
  if (safety.timeoutView < view) draft.promise({timeoutView: view});
  draft.set({building: null});
  const why = highCertificate.view + 1n === view ? null : entered;
  draft.effects.push({type: "give-up", timeout: {epoch: committee.epoch, view, highCertificate, entered: why}});
}
