/** What a certificate does: it can be the newest, move the lock, make a block final and end a view. */
import type {Certificate} from "../../../codecs/chain/block.js";
import {type Draft, kept} from "./draft.js";
import type {CommittedBlock, ConsensusState, TreeBlock} from "./state.js";
import {enterView} from "./view.js";

/** Takes a certificate that was verified. */
export function absorb(draft: Draft, certificate: Certificate): void {
  if (certificate.view > draft.state.highCertificate.view) draft.set({highCertificate: certificate});
  const block = draft.state.blocks.get(certificate.blockId);
  if (block) {
    lock(draft, block);
    commit(draft, block, certificate);
  } else if (certificate.height > draft.state.root.height)
    draft.effects.push({type: "fetch", blockId: certificate.blockId, height: certificate.height});
  if (certificate.view >= draft.state.view) enterView(draft, certificate.view + 1n, null);
}

/** The parent of a certified block is locked: two certificates in a row (HotStuff, Alg. 5, line "b' of b''"). */
function lock(draft: Draft, {justify}: TreeBlock): void {
  if (justify.view > draft.state.safety.lockedView)
    draft.promise({lockedView: justify.view, lockedBlockId: justify.blockId});
}

/** Three certified blocks in views that follow each other make the first one and everything below it final. */
function commit(draft: Draft, block: TreeBlock, head: Certificate): void {
  const {blocks, root} = draft.state;
  const parent = blocks.get(block.parentId);
  const grand = parent && blocks.get(parent.parentId);
  if (!parent || !grand || block.view !== parent.view + 1n || parent.view !== grand.view + 1n) return;
  const branch: CommittedBlock[] = [];
  let below: Certificate = parent.justify;
  for (let each: TreeBlock | undefined = grand; each; each = blocks.get(each.parentId)) {
    branch.unshift({id: each.id, height: each.height, certificate: below});
    below = each.justify;
  }
  if (below.blockId !== root.id) return;
  const newRoot = {id: grand.id, parentId: grand.parentId, height: grand.height, view: grand.view};
  draft.set({root: newRoot, failures: 0});
  draft.effects.push({type: "commit", blocks: branch, head});
  prune(draft, new Set(branch.map(({id}) => id)));
}

/** Forgets what is final, and what can never be. */
function prune(draft: Draft, committed: ReadonlySet<string>): void {
  const {blocks, root} = draft.state;
  const left = kept(blocks, (id) => !committed.has(id) && descends(draft.state, id));
  const dropped = [...blocks.keys()].filter((id) => !left.has(id) && !committed.has(id));
  const orphans = kept(draft.state.orphans, (_id, waiting) => waiting.some(({block}) => block.height > root.height));
  draft.set({blocks: left, orphans});
  if (dropped.length > 0) draft.effects.push({type: "drop", blockIds: dropped});
}

/** Whether a block of the tree goes on from the root. */
function descends({blocks, root}: ConsensusState, id: string): boolean {
  let block = blocks.get(id);
  while (block && block.parentId !== root.id) block = blocks.get(block.parentId);
  return block !== undefined;
}
