/**
 * The state's Merkle tree: a binary tree over 256-bit paths in which a subtree with one leaf is that leaf. Its shape
 * and root depend on the content alone, never on the order of changes.
 *
 * Nodes are immutable, so a candidate block's tree shares everything it does not change with the committed one and
 * costs nothing to throw away. An update makes its new nodes first and hashes them afterwards: all leaves at once, then
 * the branches of each depth at once, from the deepest up.
 */
import {compareBytes, equalBytes} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {DIGEST_BYTES, type HashAll, hashEach, hashMessages, Messages} from "./hashing.js";
import type {Store} from "./state.js";

/** A leaf: where (digest of the key) and what (digest of the value). */
export interface Leaf {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array;
}
/**
 * What a leaf stands for, kept beside it. Values are immutable, so that whoever holds on to a tree holds the whole state of
 * its time, and blocks go on meanwhile.
 */
export interface LeafSource {
  readonly store: Store<unknown>;
  readonly key: string;
  readonly value: unknown;
}
/** One change to apply: a `null` value removes the leaf. */
export interface LeafChange {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array | null;
  readonly source?: LeafSource | null;
}
/**
 * A digest in eight words: integers are part of their object, where an array of bytes is an object of its own, four times
 * as large as what it holds.
 */
class Digest {
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  w4 = 0;
  w5 = 0;
  w6 = 0;
  w7 = 0;
}
class LeafNode extends Digest implements Leaf {
  constructor(
    readonly path: Uint8Array,
    readonly valueHash: Uint8Array,
    readonly source: LeafSource | null,
  ) {
    super();
  }
}
class Branch extends Digest {
  constructor(
    readonly left: TreeNode,
    readonly right: TreeNode,
  ) {
    super();
  }
}
/** A tree is its root node; `null` is the empty tree. */
export type TreeNode = null | LeafNode | Branch;

/** Shows that a key has a value, or none, under a root. */
export interface TreeProof {
  /** Digests beside the path, from the root down. */
  readonly siblings: readonly Uint8Array[];
  /** The leaf that the path ends in; `null` when it ends in an empty subtree. */
  readonly leaf: Leaf | null;
}

const LEAF_TAG = 0;
const BRANCH_TAG = 1;
/** Root of the empty tree. */
export const EMPTY_ROOT = new Uint8Array(DIGEST_BYTES);
const EMPTY_DIGEST = new Digest();

const leafHash = ({path, valueHash}: Leaf): Uint8Array => sha3(Uint8Array.of(LEAF_TAG), path, valueHash);
export const branchHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha3(Uint8Array.of(BRANCH_TAG), left, right);
export const bitAt = (path: Uint8Array, depth: number): number => (path[depth >> 3]! >> (7 - (depth & 7))) & 1;
export const isLeaf = (node: LeafNode | Branch): node is LeafNode => node instanceof LeafNode;

/** The digest that stands for a tree. */
export function rootOf(tree: TreeNode): Uint8Array {
  const root = new Messages(DIGEST_BYTES);
  writeDigest(root, tree);
  return root.written;
}

function writeDigest(message: Messages, node: TreeNode): void {
  const {w0, w1, w2, w3, w4, w5, w6, w7} = node ?? EMPTY_DIGEST;
  message.word(w0);
  message.word(w1);
  message.word(w2);
  message.word(w3);
  message.word(w4);
  message.word(w5);
  message.word(w6);
  message.word(w7);
}

function takeDigest(node: Digest, view: DataView, at: number): void {
  node.w0 = view.getInt32(at, true);
  node.w1 = view.getInt32(at + 4, true);
  node.w2 = view.getInt32(at + 8, true);
  node.w3 = view.getInt32(at + 12, true);
  node.w4 = view.getInt32(at + 16, true);
  node.w5 = view.getInt32(at + 20, true);
  node.w6 = view.getInt32(at + 24, true);
  node.w7 = view.getInt32(at + 28, true);
}

/** The tree with `changes` applied; paths must be distinct. */
export function updateTree(tree: TreeNode, changes: readonly LeafChange[], hashAll: HashAll = hashEach): TreeNode {
  if (changes.length === 0) return tree;
  const update = new Update(inOrder(changes));
  const updated = update.at(tree, 0, changes.length, 0);
  update.hash(hashAll);
  return updated;
}

/** The subtree at `depth` that has these leaves: paths that ascend and share the bits above. */
export function subtreeOf(leaves: readonly Leaf[], depth: number, hashAll: HashAll = hashEach): TreeNode {
  const update = new Update(leaves);
  const node = update.at(null, 0, leaves.length, depth);
  update.hash(hashAll);
  return node;
}

/** By path. The first 48 bits are compared as a number, which is a call less for nearly every pair. */
function inOrder(changes: readonly LeafChange[]): LeafChange[] {
  return changes
    .map((change) => ({change, start: Buffer.from(change.path.buffer, change.path.byteOffset, 6).readUIntBE(0, 6)}))
    .sort((a, b) => a.start - b.start || compareBytes(a.change.path, b.change.path))
    .map(({change}) => change);
}

/** A leaf that is to be made, with what it stands for where that is at hand. */
type Leafy = Leaf & Pick<LeafChange, "source">;

/** New nodes of one update, which have no digest before all of them are made. */
class Update {
  readonly #leaves: LeafNode[] = [];
  /** By depth. */
  readonly #branches: Branch[][] = [];

  /** @param changes ordered by path */
  constructor(private readonly changes: readonly LeafChange[]) {}

  /** `node` with the changes from `from` to before `to`, all of which are below it. */
  at(node: TreeNode, from: number, to: number, depth: number): TreeNode {
    if (from === to) return node;
    if (node === null || isLeaf(node)) return this.#rebuild(node, this.changes.slice(from, to), depth);
    const split = firstRight(this.changes, from, to, depth);
    const left = this.at(node.left, from, split, depth + 1);
    const right = this.at(node.right, split, to, depth + 1);
    return left === node.left && right === node.right ? node : this.#join(left, right, depth);
  }

  /** The leaves first, which all else stands on, then the branches of each depth, from the deepest up. */
  hash(hashAll: HashAll): void {
    const leaves = this.#leaves;
    hashMessages(hashAll, {
      count: leaves.length,
      write(message, i) {
        message.byte(LEAF_TAG);
        message.bytes(leaves[i]!.path);
        message.bytes(leaves[i]!.valueHash);
      },
      take: ({view}, at, i) => takeDigest(leaves[i]!, view, at),
    });
    for (let depth = this.#branches.length - 1; depth >= 0; depth--) {
      const level = this.#branches[depth] ?? [];
      hashMessages(hashAll, {
        count: level.length,
        write(message, i) {
          message.byte(BRANCH_TAG);
          writeDigest(message, level[i]!.left);
          writeDigest(message, level[i]!.right);
        },
        take: ({view}, at, i) => takeDigest(level[i]!, view, at),
      });
    }
  }

  /** A subtree that was empty or one leaf. */
  #rebuild(node: LeafNode | null, changes: readonly LeafChange[], depth: number): TreeNode {
    const leaves = changes.filter((each): each is Leafy => each.valueHash !== null);
    if (node && !changes.some((each) => equalBytes(each.path, node.path))) {
      const at = leaves.findIndex((each) => compareBytes(each.path, node.path) > 0);
      leaves.splice(at < 0 ? leaves.length : at, 0, node);
    }
    return this.#grow(leaves, 0, leaves.length, depth);
  }

  #grow(leaves: readonly Leafy[], from: number, to: number, depth: number): TreeNode {
    if (from === to) return null;
    if (to - from === 1) {
      const {path, valueHash, source = null} = leaves[from]!;
      const leaf = new LeafNode(path, valueHash, source);
      this.#leaves.push(leaf);
      return leaf;
    }
    const split = firstRight(leaves, from, to, depth);
    const left = this.#grow(leaves, from, split, depth + 1);
    return this.#join(left, this.#grow(leaves, split, to, depth + 1), depth);
  }

  #join(left: TreeNode, right: TreeNode, depth: number): TreeNode {
    // A lone leaf moves up, so that the shape depends on the content alone.
    if (left === null && (right === null || isLeaf(right))) return right;
    if (right === null && left !== null && isLeaf(left)) return left;
    const branch = new Branch(left, right);
    const level = this.#branches[depth] ?? [];
    level.push(branch);
    this.#branches[depth] = level;
    return branch;
  }
}

/** The first of the items from `from` to `to` whose bit at `depth` is 1; they are ordered and share the bits above. */
function firstRight(items: readonly {readonly path: Uint8Array}[], from: number, to: number, depth: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitAt(items[middle]!.path, depth) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Proof of what `path` holds, present or absent. */
export function proveLeaf(tree: TreeNode, path: Uint8Array): TreeProof {
  const siblings: Uint8Array[] = [];
  let node = tree;
  for (let depth = 0; node !== null && !isLeaf(node); depth++) {
    const right = bitAt(path, depth) === 1;
    siblings.push(rootOf(right ? node.left : node.right));
    node = right ? node.right : node.left;
  }
  return {siblings, leaf: node === null ? null : {path: node.path, valueHash: node.valueHash}};
}

/** Whether `proof` shows that under `root` the path holds `valueHash`, or nothing when that is `null`. */
export function verifyLeaf(root: Uint8Array, claim: LeafChange, proof: TreeProof): boolean {
  const {siblings, leaf} = proof;
  if (siblings.length > 256) return false;
  // Sizes first: with other cuts the same bytes would hash as another leaf.
  const digests = [claim.path, ...siblings, ...(claim.valueHash ? [claim.valueHash] : [])];
  if (leaf) digests.push(leaf.path, leaf.valueHash);
  if (digests.some((each) => each.length !== 32)) return false;
  if (claim.valueHash === null) {
    if (leaf && equalBytes(leaf.path, claim.path)) return false;
    if (leaf && !sharesPrefix(leaf.path, claim.path, siblings.length)) return false;
  } else if (!leaf || !equalBytes(leaf.path, claim.path) || !equalBytes(leaf.valueHash, claim.valueHash)) return false;
  let hash = leaf ? leafHash(leaf) : EMPTY_ROOT;
  for (let depth = siblings.length - 1; depth >= 0; depth--)
    hash = bitAt(claim.path, depth) === 1 ? branchHash(siblings[depth]!, hash) : branchHash(hash, siblings[depth]!);
  return equalBytes(hash, root);
}

function sharesPrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let depth = 0; depth < bits; depth++) if (bitAt(a, depth) !== bitAt(b, depth)) return false;
  return true;
}
