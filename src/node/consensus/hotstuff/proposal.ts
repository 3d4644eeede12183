/** Proposals: held to their leader, their certificates and the lock; voted for once they were executed. */
import {proposalContent} from "../../../codecs/consensus/messages.js";
import {absorb} from "./chain.js";
import type {Draft} from "./draft.js";
import {type BlockRef, LIMITS, type ProposedBlock, type SignedBlock, type TreeBlock} from "./state.js";
import {absorbTimeouts, isValidTimeouts} from "./timeout.js";
import {lead} from "./view.js";

export function onProposal(draft: Draft, proposed: ProposedBlock): void {
  const {block, proposal} = proposed;
  const {committee, root, blocks} = draft.state;
  if (block.epoch !== committee.epoch) return draft.refuse("ignore", "another epoch");
  if (block.height <= root.height || blocks.has(block.id)) return draft.refuse("ignore", "known or final already");
  if (proposal.validator !== committee.leader(block.view)) return draft.refuse("reject", "not the leader of its view");
  if (!isSigned(draft, proposed)) return draft.refuse("reject", "the leader's signature does not verify");
  watchLeader(draft, proposed);
  const wrong = misjustified(draft, proposed);
  if (wrong !== null) return draft.refuse("reject", wrong);
  absorb(draft, proposal.justify);
  if (proposal.timeouts) absorbTimeouts(draft, proposal.timeouts);
  if (block.height <= draft.state.root.height) return draft.refuse("ignore", "final already");
  if (draft.has(block.parentId)) return addBlock(draft, block, proposal.justify);
  const {orphans} = draft.state;
  const waiting = orphans.get(block.parentId) ?? [];
  if (waiting.some((each) => each.block.id === block.id) || orphans.size >= LIMITS.orphans) return;
  if (waiting.length < LIMITS.blocksOfView)
    draft.set({orphans: new Map(orphans).set(block.parentId, [...waiting, proposed])});
}

/** Whether the validator that a proposal names signed it. */
export const isSigned = (
  {state, context}: Pick<Draft, "state" | "context">,
  {block, proposal}: ProposedBlock,
): boolean => {
  const {epoch, height, view, id: blockId} = block;
  const content = proposalContent.encode({chainId: context.chainId, epoch, height, view, blockId});
  return context.verify(state.committee.voters[proposal.validator]!.publicKey, content, proposal.signature);
};

/** Why a block does not follow from what its proposal carries, or null. */
function misjustified(draft: Draft, {block, proposal: {justify, timeouts}}: ProposedBlock): string | null {
  if (justify.blockId !== block.parentId) return "the certificate is not of the parent";
  if (justify.height + 1n !== block.height || justify.view >= block.view) return "does not follow its certificate";
  if (timeouts === null) {
    if (justify.view + 1n !== block.view) return "leaves out views without saying why";
  } else {
    if (timeouts.view + 1n !== block.view || justify.view + 1n === block.view) return "timeouts of another view";
    // Whoever gave up had seen more than the leader builds on.
    if (timeouts.highCertificate.view > justify.view) return "passes over a newer certificate";
    if (!isValidTimeouts(draft, timeouts)) return "the timeout certificate does not hold";
  }
  return draft.isValid(justify) ? null : "the certificate does not hold";
}

/** Two signed blocks of one view prove that their leader cheats. */
function watchLeader(draft: Draft, {block, proposal}: ProposedBlock): void {
  const {proposed, committee, view: current} = draft.state;
  const {view, height, id: blockId} = block;
  if (view + 1n < current || view > current + LIMITS.views) return;
  const second: SignedBlock = {height, view, blockId, signature: proposal.signature};
  const first = proposed.get(view);
  if (!first) return draft.set({proposed: new Map(proposed).set(view, second)});
  if (first.blockId === blockId) return;
  const {epoch} = committee;
  const {validator} = proposal;
  draft.effects.push({type: "evidence", equivocation: {kind: "proposal", epoch, view, validator, first, second}});
}

/** Puts a block whose parent is known into the tree, and has it executed. */
export function addBlock(draft: Draft, {id, parentId, height, view}: BlockRef, justify: TreeBlock["justify"]): void {
  const {blocks, highCertificate} = draft.state;
  if (blocks.has(id)) return;
  if (blocks.size >= LIMITS.blocks) return draft.refuse("ignore", "too many blocks wait to be final");
  const rivals = [...blocks.values()].filter((each) => each.view === view && each.id !== highCertificate.blockId);
  if (rivals.length >= LIMITS.blocksOfView && highCertificate.blockId !== id)
    return draft.refuse("ignore", "the view has too many blocks");
  draft.putBlock({id, parentId, height, view, justify, verdict: "open"});
  draft.effects.push({type: "execute", blockId: id});
  // The certificates that named the parent and this block came before they could be followed.
  absorb(draft, justify);
  if (draft.state.highCertificate.blockId === id) absorb(draft, draft.state.highCertificate);
  const waiting = draft.state.orphans.get(id);
  if (!waiting) return;
  const orphans = new Map(draft.state.orphans);
  orphans.delete(id);
  draft.set({orphans});
  for (const {block, proposal} of waiting) addBlock(draft, block, proposal.justify);
}

export function onExecuted(draft: Draft, blockId: string, valid: boolean): void {
  const block = draft.state.blocks.get(blockId);
  if (!block) return;
  draft.putBlock({...block, verdict: valid ? "valid" : "refused"});
  if (!valid) return;
  tryVote(draft, blockId);
  lead(draft);
}

/** This node's own block, which it ran while it built it. */
export function onBuilt(draft: Draft, block: BlockRef): void {
  const {state} = draft;
  const {view, highCertificate: justify, entered} = state;
  if (state.building !== block.view || view !== block.view || block.parentId !== justify.blockId)
    return draft.refuse("ignore", "the view went on");
  const {id: blockId} = block;
  draft.promise({proposedView: view, proposedBlockId: blockId});
  draft.set({building: null});
  draft.putBlock({...block, justify, verdict: "valid"});
  draft.saved = blockId;
  const timeouts = justify.view + 1n === view ? null : entered;
  draft.effects.push({type: "publish", blockId, view, justify, timeouts});
  tryVote(draft, blockId);
}

/** safeNode (HotStuff, Alg. 1): a vote for what goes on from the lock, or from a certificate that is no older. */
export function tryVote(draft: Draft, blockId: string): void {
  const {self, view, safety, blocks, committee, started} = draft.state;
  const block = blocks.get(blockId);
  if (!started || self === null || !block || block.verdict !== "valid" || block.view !== view) return;
  // A second vote in a view is one for the same block, which a restart may have to send again.
  if (safety.votedView >= view && safety.votedBlockId !== blockId) return;
  if (safety.votedView > view || safety.timeoutView >= view) return;
  if (block.justify.view < safety.lockedView) return;
  draft.promise({votedView: view, votedBlockId: blockId});
  draft.saved = blockId;
  const {epoch} = committee;
  // Also to the leader after the next, or a crashed one would swallow the certificate of the view before its own.
  const to = [...new Set([committee.leader(view + 1n), committee.leader(view + 2n)])];
  draft.effects.push({type: "vote", vote: {epoch, height: block.height, view, blockId}, to});
}
