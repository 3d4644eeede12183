/** What a validator may not contradict when it starts again. */
import {promise, type SignedRecord} from "../../codecs/consensus/promise.js";
import {type BlockRef, freshSafety, type Safety} from "../consensus/hotstuff/state.js";

/**
 * The newer of what the database and the key's own record say, statement by statement: a database that was restored
 * from an old copy knows less than the key.
 */
export function rememberedSafety(
  epoch: bigint,
  root: Pick<BlockRef, "id" | "view">,
  {promise: stored, signed}: {readonly promise: Uint8Array | null; readonly signed: SignedRecord | null},
): Safety {
  const kept = stored && promise.decode(stored).safety;
  const base = kept && kept.epoch === epoch ? kept : freshSafety(epoch, root);
  if (!signed || signed.epoch !== epoch) return base;
  const {votedView, votedBlockId, proposedView, proposedBlockId, timeoutView} = signed;
  return {
    ...base,
    ...(votedView > base.votedView ? {votedView, votedBlockId} : {}),
    ...(proposedView > base.proposedView ? {proposedView, proposedBlockId} : {}),
    timeoutView: timeoutView > base.timeoutView ? timeoutView : base.timeoutView,
  };
}
