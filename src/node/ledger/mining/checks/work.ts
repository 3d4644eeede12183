/** Checks of batches and work. Numbers are the steps of the QSDM mining protocol, section 12.3. */
import {equalBytes} from "../../../../codecs/bytes.js";
import {checkBatchStructure, checkWorkSet} from "../../../../codecs/mining/cells.js";
import {batchCountMaximum, batchHash, prefixRoot, spotIndex} from "../../../../codecs/mining/merkle.js";
import {InvariantError} from "../../../../errors.js";
import {boundStart} from "../binding.js";
import type {Draft, VerifyContext} from "../context.js";
import {meetsTarget, powHash} from "../pow.js";
import {targetOf} from "../target.js";

/** 17 to 21: as many batches as allowed, under their root. */
export function checkBatches(draft: Draft, {work}: VerifyContext): void {
  const {epoch, batchCount, batchRoot} = draft.proof;
  const workSet = draft.attempt("batch-size", "workset lookup: ", () => work.workSet(epoch));
  draft.attempt("batch-size", "workset invalid: ", () => checkWorkSet(workSet));
  const maximum = batchCountMaximum(workSet.length);
  if (batchCount > maximum) draft.reject("batch-size", `batch_count ${batchCount} > max ${maximum}`);
  const root = draft.attempt("batch-root", "prefix-root: ", () => prefixRoot(workSet.map(batchHash), batchCount));
  if (!equalBytes(root, batchRoot)) draft.reject("batch-root", "batch_root mismatch");
}

/** What the search started from: the header alone, or with the miner that searched. */
function startOf(draft: Draft, {params}: VerifyContext): Uint8Array {
  if (params.rules.powBinding === "none") return draft.proof.headerHash;
  return boundStart({...draft.proof, nodeId: draft.node.record.nodeId});
}

/** 22 to 24: the mix digest is what the walk gives; 65 hashes and the table. */
export function checkMix(draft: Draft, context: VerifyContext): void {
  const {work} = context;
  const {epoch, height, nonce, mixDigest: claimed} = draft.proof;
  const walk = draft.attempt("work", "dag lookup: ", () => work.walk(epoch));
  const version = work.mixVersion(height);
  const mix = draft.attempt("work", "mix: ", () => walk({headerHash: startOf(draft, context), nonce}, version));
  if (!equalBytes(mix, claimed)) draft.reject("work", "mix_digest mismatch");
}

/** 25 to 27: the hash over the claimed mix digest stays below the target; one hash. */
export function checkTarget(draft: Draft, context: VerifyContext): void {
  const {work} = context;
  const difficulty = draft.attempt("work", "difficulty lookup: ", () => work.difficulty(draft.proof.height));
  const target = draft.attempt("work", "target derive: ", () => targetOf(difficulty));
  if (!meetsTarget(powHash({...draft.proof, headerHash: startOf(draft, context)}), target))
    draft.reject("work", "hash does not meet target");
}

/** 28: the batch that the proof's id picks is well formed and known to the chain. It always runs (quirk Q16). */
export function spotCheck(draft: Draft, {work}: VerifyContext): void {
  const {epoch, batchCount} = draft.proof;
  if (!draft.id) throw new InvariantError("the spot check needs the proof's id");
  const leaf = spotIndex(draft.id, batchCount);
  const batch = work.workSet(epoch)[leaf]!;
  draft.attempt("batch-fraud", `leaf ${leaf} failed: `, () => checkBatchStructure(batch, work.lookup));
}
