/**
 * Mesh cells, batches of 3 to 5 cells, and the work set that an epoch mines over.
 * Source: mining protocol, section 5. Vectors: merkle.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {compareBytes, equalBytes} from "../bytes.js";
import {sha256} from "../hash.js";

export interface Cell {
  /** Any positive length. */
  readonly id: Uint8Array;
  /** 32 bytes. */
  readonly contentHash: Uint8Array;
}
export type Batch = readonly Cell[];
export type WorkSet = readonly Batch[];

export const MIN_BATCH_CELLS = 3;
export const MAX_BATCH_CELLS = 5;

/** Cells in ascending order of their ids; cells of one id keep their order. */
export const canonicalBatch = (batch: Batch): Batch => [...batch].sort((a, b) => compareBytes(a.id, b.id));

/** Sort key of a canonical batch: 32 bytes. It does not bind where one id ends and the next begins (quirk Q8). */
export const batchKey = (batch: Batch): Uint8Array => sha256(...batch.map(({id}) => id));

/** Every batch in canonical order, and the batches in ascending order of their keys. */
export function canonicalWorkSet(workSet: WorkSet): WorkSet {
  const keyed = workSet.map(canonicalBatch).map((batch) => ({batch, key: batchKey(batch)}));
  return keyed.sort((a, b) => compareBytes(a.key, b.key)).map(({batch}) => batch);
}

const refuse = (message: string): never => {
  throw new DecodeError("BATCH_INVALID", message);
};

/** Sizes and ids of one batch. @throws DecodeError BATCH_INVALID */
export function checkBatch(batch: Batch): void {
  if (batch.length < MIN_BATCH_CELLS || batch.length > MAX_BATCH_CELLS)
    refuse(`mining: batch size ${batch.length} out of allowed range [3,5]`);
  const empty = batch.findIndex(({id}) => id.length === 0);
  if (empty >= 0) refuse(`mining: batch cell ${empty} has empty ID`);
}

/** @throws DecodeError BATCH_INVALID */
export function checkWorkSet(workSet: WorkSet): void {
  if (workSet.length === 0) refuse("mining: work-set is empty");
  workSet.forEach((batch, i) => {
    try {
      checkBatch(batch);
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      throw new DecodeError(cause.code, `mining: work-set batch ${i}: ${cause.message}`, {cause});
    }
  });
}

/** Content hash of a mesh cell, or null when the mesh does not have it. */
export type CellLookup = (id: Uint8Array) => Uint8Array | null;

/**
 * What a batch must be to be mined: sized, in strict ascending order, with content, and known to the mesh when
 * `lookup` is given.
 * @throws DecodeError BATCH_INVALID
 */
export function checkBatchStructure(batch: Batch, lookup: CellLookup | null): void {
  checkBatch(batch);
  for (let i = 1; i < batch.length; i++) {
    const order = compareBytes(batch[i - 1]!.id, batch[i]!.id);
    if (order > 0) refuse(`mining: batch cells ${i - 1} and ${i} are not in canonical ascending ID order`);
    if (order === 0) refuse(`mining: batch cells ${i - 1} and ${i} share the same ID`);
  }
  const blank = batch.findIndex(({contentHash}) => contentHash.every((byte) => byte === 0));
  if (blank >= 0) refuse(`mining: batch cell ${blank} has a zero content hash`);
  if (lookup === null) return;
  for (const [i, {id, contentHash}] of batch.entries()) {
    const known = lookup(id);
    if (known === null) refuse(`mining: batch cell ${i} references unknown parent cell`);
    else if (!equalBytes(known, contentHash)) refuse(`mining: batch cell ${i} content hash does not match the mesh`);
  }
}
