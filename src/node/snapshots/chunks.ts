/**
 * Holds chunks to what their manifest names them by. What a chunk holds follows from its name: one that does not hold was
 * altered by whoever gave it, and one that does but is of another size shows that the manifest is no honest node's.
 */
import {equalBytes} from "../../codecs/bytes.js";
import {
  type Block,
  block as blockCodec,
  blockIdOf,
  type Header,
  header as headerCodec,
} from "../../codecs/chain/block.js";
import {
  recordsIn,
  type SnapshotManifest,
  SPAN_HEADERS,
  type StateEntry,
  stateEntry,
  type TakenEntry,
  takenEntry,
} from "../../codecs/chain/snapshot.js";
import {RuleError} from "../../errors.js";
import {isBodyOf} from "../ledger/chain/assemble.js";
import {type HashAll, hashEach} from "../ledger/state/hashing.js";
import {leafChanges} from "../ledger/state/state.js";
import {rootOfLeaves} from "../ledger/state/subtrees.js";
import type {Leaf} from "../ledger/state/tree.js";

/** The headers of a span. @throws RuleError SNAPSHOT_CHUNK_INVALID, SNAPSHOT_MANIFEST_INVALID; DecodeError */
export function headersIn(chunk: Uint8Array, index: number, {headers, height}: SnapshotManifest): readonly Header[] {
  const from = BigInt(index) * BigInt(SPAN_HEADERS);
  const span = [...recordsIn(chunk, headerCodec)];
  const left = height - from + 1n;
  const count = left < BigInt(SPAN_HEADERS) ? Number(left) : SPAN_HEADERS;
  const named = `chunk headers ${index}`;
  if (span.length !== count) altered(named, `${span.length} headers, want ${count}`);
  let id: string | null = null;
  for (const [i, each] of span.entries()) {
    if (each.height !== from + BigInt(i) || (id !== null && each.parentId !== id))
      altered(named, `header ${each.height} does not go on from the one before`);
    id = blockIdOf(each);
  }
  if (id !== headers[index]!.lastId) altered(named, "it ends with another header");
  const before = headers[index - 1];
  if (before && before.lastId !== span[0]!.parentId) misnamed(`headers ${index} do not go on from those before`);
  checkSize(named, chunk, headers[index]!.sizeBytes);
  return span;
}

/** The block itself. @throws RuleError SNAPSHOT_CHUNK_INVALID, SNAPSHOT_MANIFEST_INVALID; DecodeError */
export function blockIn(chunk: Uint8Array, {blockId, blockBytes}: SnapshotManifest): Block {
  const block = blockCodec.decode(chunk);
  if (blockIdOf(block.header) !== blockId || !isBodyOf(block)) altered("chunk block", "it is another block");
  checkSize("chunk block", chunk, blockBytes);
  return block;
}

/** What blocks took, which is to be held to their headers. @throws DecodeError */
export const takenIn = (chunk: Uint8Array): readonly TakenEntry[] => [...recordsIn(chunk, takenEntry)];

/** Keys of a subtree. @throws RuleError SNAPSHOT_CHUNK_INVALID, SNAPSHOT_MANIFEST_INVALID; DecodeError */
export function entriesIn(
  chunk: Uint8Array,
  index: number,
  {state}: SnapshotManifest,
  hashAll: HashAll = hashEach,
): readonly StateEntry[] {
  const subtree = state[index]!;
  const entries = [...recordsIn(chunk, stateEntry)];
  const root = rootOfLeaves(leafChanges(entries, hashAll) as readonly Leaf[], subtree, hashAll);
  const named = `chunk state ${index}`;
  if (!root || !equalBytes(root, subtree.root)) altered(named, "it does not give its root");
  checkSize(named, chunk, subtree.sizeBytes);
  return entries;
}

function checkSize(named: string, {length}: Uint8Array, sizeBytes: number): void {
  if (length !== sizeBytes) misnamed(`${named} has ${length} bytes, not ${sizeBytes}`);
}

function altered(named: string, why: string): never {
  throw new RuleError("SNAPSHOT_CHUNK_INVALID", `${named} does not hold: ${why}`, {
    hint: "copy the snapshot again, or get it from another node",
  });
}

export function misnamed(why: string): never {
  throw new RuleError("SNAPSHOT_MANIFEST_INVALID", `no honest node wrote this manifest: ${why}`, {
    hint: "get the snapshot from another node",
  });
}
