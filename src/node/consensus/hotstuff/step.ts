/**
 * Chained HotStuff (Yin et al. 2019) with timeout certificates (docs/decisions/0052-hotstuff.md): a pure function of
 * the state and one input. The driver owns clock, keys, disk and sockets, and carries the effects out in their order.
 */
import {absorb} from "./chain.js";
import {Draft} from "./draft.js";
import {addBlock, onBuilt, onExecuted, onProposal, tryVote} from "./proposal.js";
import type {ConsensusState, Effect, Input, StepContext} from "./state.js";
import {absorbTimeouts, isValidTimeouts, onTimeout} from "./timeout.js";
import {giveUp, lead} from "./view.js";
import {onVote} from "./vote.js";

export interface Stepped {
  readonly state: ConsensusState;
  readonly effects: readonly Effect[];
}

export function step(state: ConsensusState, input: Input, context: StepContext): Stepped {
  const draft = new Draft(state, context);
  take(draft, input);
  const {safety, highCertificate, entered} = draft.state;
  const promised =
    safety.votedView !== state.safety.votedView ||
    safety.proposedView !== state.safety.proposedView ||
    safety.timeoutView !== state.safety.timeoutView;
  const effects: Effect[] = [...draft.effects];
  // One write, before everything that it covers.
  if (promised) effects.unshift({type: "save", safety, highCertificate, entered, blockId: draft.saved});
  return {state: draft.state, effects};
}

function take(draft: Draft, input: Input): void {
  switch (input.type) {
    case "start":
      return start(draft);
    case "proposal":
      return onProposal(draft, input);
    case "vote":
      return onVote(draft, input.vote);
    case "timeout":
      return onTimeout(draft, input.timeout);
    case "certified":
      return onCertified(draft, input);
    case "certificate":
      if (!draft.isValid(input.certificate)) return draft.refuse("reject", "the certificate does not hold");
      return absorb(draft, input.certificate);
    case "timeouts":
      if (!isValidTimeouts(draft, input.certificate))
        return draft.refuse("reject", "the timeout certificate does not hold");
      return absorbTimeouts(draft, input.certificate);
    case "restored":
      if (draft.has(input.block.parentId) && draft.isValid(input.justify)) addBlock(draft, input.block, input.justify);
      return;
    case "executed":
      return onExecuted(draft, input.blockId, input.valid);
    case "built":
      return onBuilt(draft, input.block);
    case "expired":
      if (input.view !== draft.state.view) return;
      giveUp(draft);
      draft.effects.push({type: "timer", view: input.view, failures: draft.state.failures});
  }
}

/** Begins, or goes on after a restart: what was voted for is voted for again, and nothing else in that view. */
function start(draft: Draft): void {
  const {view, safety} = draft.state;
  const last = [safety.votedView, safety.proposedView, safety.timeoutView].reduce((a, b) => (a > b ? a : b));
  // Every view up to the last one that was acted in was entered by a certificate, though it may not be there any more.
  draft.set({view: last > view ? last : view, started: true});
  draft.effects.push({type: "timer", view: draft.state.view, failures: draft.state.failures});
  tryVote(draft, safety.votedBlockId);
  lead(draft);
}

/** A block that a quorum voted for needs nobody's signature but theirs. */
function onCertified(draft: Draft, {block, justify, certificate}: Extract<Input, {type: "certified"}>): void {
  if (block.height <= draft.state.root.height) return draft.refuse("ignore", "final already");
  const linked =
    certificate.blockId === block.id &&
    certificate.height === block.height &&
    certificate.view === block.view &&
    justify.blockId === block.parentId &&
    justify.height + 1n === block.height &&
    justify.view < block.view;
  if (!linked) return draft.refuse("reject", "the certificates are of other blocks");
  if (!draft.has(block.parentId)) return draft.refuse("ignore", "its parent is not there");
  if (!draft.isValid(justify) || !draft.isValid(certificate))
    return draft.refuse("reject", "the certificate does not hold");
  addBlock(draft, block, justify);
  absorb(draft, certificate);
}
