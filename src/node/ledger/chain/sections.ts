/**
 * Merkle root over one section of a block's body. Leaves and nodes are tagged apart, an odd node moves up unchanged,
 * and the count is in the header: no two lists share a root (QSDM's tree over client-chosen ids had all three
 * defects, D2).
 */
import {hexOf} from "../../../codecs/bytes.js";
import {DIGEST_BYTES, digestAt, type HashAll, hashEach, hashMessages} from "../state/hashing.js";

const LEAF_TAG = 2;
const NODE_TAG = 3;

/** Items from this size on are remembered with their leaf: transactions, which a batch and its block have in common. */
const LARGE_BYTES = 1_024;
/** By the array itself, which nobody writes to while it is an item. */
const known = new WeakMap<Uint8Array, Uint8Array>();

/** Hex root over the items' bytes; 64 zeros for an empty section. */
export function sectionRoot(items: readonly Uint8Array[], hashAll: HashAll = hashEach): string {
  let level = leavesOf(items, hashAll);
  if (level.length === 0) return "0".repeat(2 * DIGEST_BYTES);
  while (level.length > DIGEST_BYTES) level = parentsOf(level, hashAll);
  return hexOf(level);
}

/** Digests of the items, one after the other. */
function leavesOf(items: readonly Uint8Array[], hashAll: HashAll): Uint8Array {
  const leaves = new Uint8Array(items.length * DIGEST_BYTES);
  const unknown: number[] = [];
  for (const [i, item] of items.entries()) {
    const leaf = item.length < LARGE_BYTES ? undefined : known.get(item);
    if (leaf) leaves.set(leaf, i * DIGEST_BYTES);
    else unknown.push(i);
  }
  hashMessages(hashAll, {
    count: unknown.length,
    write(message, i) {
      message.byte(LEAF_TAG);
      message.bytes(items[unknown[i]!]!);
    },
    take(digests, at, i) {
      const leaf = digestAt(digests, at);
      const item = unknown[i]!;
      leaves.set(leaf, item * DIGEST_BYTES);
      if (items[item]!.length >= LARGE_BYTES) known.set(items[item]!, leaf);
    },
  });
  return leaves;
}

function parentsOf(level: Uint8Array, hashAll: HashAll): Uint8Array {
  const pairs = Math.floor(level.length / (2 * DIGEST_BYTES));
  const parents = new Uint8Array(Math.ceil(level.length / (2 * DIGEST_BYTES)) * DIGEST_BYTES);
  hashMessages(hashAll, {
    count: pairs,
    write(message, i) {
      message.byte(NODE_TAG);
      message.bytes(level.subarray(2 * i * DIGEST_BYTES, 2 * (i + 1) * DIGEST_BYTES));
    },
    take: ({bytes}, at, i) => parents.set(bytes.subarray(at, at + DIGEST_BYTES), i * DIGEST_BYTES),
  });
  // An odd one moves up.
  if (2 * pairs * DIGEST_BYTES < level.length)
    parents.set(level.subarray(2 * pairs * DIGEST_BYTES), pairs * DIGEST_BYTES);
  return parents;
}
