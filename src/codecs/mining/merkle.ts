/**
 * Merkle roots over batches.
 *
 * An odd row repeats its last node, so the lists (a, b, c) and (a, b, c, c) share a root; a root is only as good as
 * the count that travels with it.
 * Source: mining protocol, sections 5.3 to 5.5 and 12.4. Vectors: merkle.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {sha256} from "../hash.js";
import {type Batch, canonicalWorkSet, type WorkSet} from "./cells.js";

const BATCH = Uint8Array.of(0);
const LEAF = Uint8Array.of(1);
const NODE = Uint8Array.of(2);

/** Hash of a batch in the order given: 32 bytes. */
export const batchHash = (batch: Batch): Uint8Array =>
  sha256(BATCH, ...batch.flatMap(({id, contentHash}) => [id, contentHash]));

/** Root over batch hashes; 32 zero bytes over none. */
export function merkleRoot(batchHashes: readonly Uint8Array[]): Uint8Array {
  let row = batchHashes.map((hash) => sha256(LEAF, hash));
  if (row.length === 0) return new Uint8Array(32);
  while (row.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) next.push(sha256(NODE, row[i]!, row[i + 1] ?? row[i]!));
    row = next;
  }
  return row[0]!;
}

/** Root over the whole work set in canonical order. */
export const workSetRoot = (workSet: WorkSet): Uint8Array => merkleRoot(canonicalWorkSet(workSet).map(batchHash));

/** Root over the first `count` of `batchHashes`. @throws DecodeError PREFIX_INVALID */
export function prefixRoot(batchHashes: readonly Uint8Array[], count: number): Uint8Array {
  if (count <= 0) throw new DecodeError("PREFIX_INVALID", "mining: prefix count must be > 0");
  if (count > batchHashes.length)
    throw new DecodeError(
      "PREFIX_INVALID",
      `mining: prefix count ${count} exceeds work-set size ${batchHashes.length}`,
    );
  return merkleRoot(batchHashes.slice(0, count));
}

/** Most batches that one proof may claim: a sixteenth of the work set, rounded up, at least one. */
export const batchCountMaximum = (batches: number): number => Math.max(1, Math.floor((batches + 15) / 16));

/** Index of the batch that a spot check looks at; 0 when none is claimed. */
export const spotIndex = (proofId: Uint8Array, batchCount: number): number =>
  batchCount === 0 ? 0 : new DataView(proofId.buffer, proofId.byteOffset, 4).getUint32(0) % batchCount;
