/**
 * The state's Merkle tree: a binary tree over 256-bit paths in which a subtree with one leaf is that leaf. Its shape
 * and root depend on the content alone, never on the order of changes.
 *
 * Nodes are immutable, so a candidate block's tree shares everything it does not change with the committed one and
 * costs nothing to throw away.
 */
import {compareBytes, equalBytes} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";

/** A leaf: where (digest of the key) and what (digest of the value). */
export interface Leaf {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array;
}
/** One change to apply: a `null` value removes the leaf. */
export interface LeafChange {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array | null;
}
interface LeafNode extends Leaf {
  readonly hash: Uint8Array;
}
interface Branch {
  readonly left: TreeNode;
  readonly right: TreeNode;
  readonly hash: Uint8Array;
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

const LEAF_TAG = Uint8Array.of(0);
const BRANCH_TAG = Uint8Array.of(1);
/** Root of the empty tree. */
export const EMPTY_ROOT = new Uint8Array(32);

const leafHash = (leaf: Leaf): Uint8Array => sha3(LEAF_TAG, leaf.path, leaf.valueHash);
const branchHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha3(BRANCH_TAG, left, right);
const bitAt = (path: Uint8Array, depth: number): number => (path[depth >> 3]! >> (7 - (depth & 7))) & 1;
const isLeaf = (node: LeafNode | Branch): node is LeafNode => "path" in node;

/** The digest that stands for a tree. */
export const rootOf = (tree: TreeNode): Uint8Array => tree?.hash ?? EMPTY_ROOT;

/** The tree with `changes` applied; paths must be distinct. */
export function updateTree(tree: TreeNode, changes: readonly LeafChange[]): TreeNode {
  if (changes.length === 0) return tree;
  return update(
    tree,
    [...changes].sort((a, b) => compareBytes(a.path, b.path)),
    0,
  );
}

function update(node: TreeNode, changes: readonly LeafChange[], depth: number): TreeNode {
  if (changes.length === 0) return node;
  if (node === null || isLeaf(node)) return rebuild(node, changes, depth);
  const split = firstRight(changes, depth);
  const left = update(node.left, changes.slice(0, split), depth + 1);
  const right = update(node.right, changes.slice(split), depth + 1);
  return left === node.left && right === node.right ? node : join(left, right);
}

/** A subtree that was empty or one leaf. */
function rebuild(node: LeafNode | null, changes: readonly LeafChange[], depth: number): TreeNode {
  const leaves = changes.filter((each): each is Leaf => each.valueHash !== null);
  if (node && !changes.some((each) => equalBytes(each.path, node.path))) {
    const at = leaves.findIndex((each) => compareBytes(each.path, node.path) > 0);
    leaves.splice(at < 0 ? leaves.length : at, 0, node);
  }
  return grow(leaves, depth);
}

function grow(leaves: readonly Leaf[], depth: number): TreeNode {
  if (leaves.length === 0) return null;
  if (leaves.length === 1) {
    const {path, valueHash} = leaves[0]!;
    return {path, valueHash, hash: leafHash(leaves[0]!)};
  }
  const split = firstRight(leaves, depth);
  return join(grow(leaves.slice(0, split), depth + 1), grow(leaves.slice(split), depth + 1));
}

function join(left: TreeNode, right: TreeNode): TreeNode {
  // A lone leaf moves up, so that the shape depends on the content alone.
  if (left === null && (right === null || isLeaf(right))) return right;
  if (right === null && left !== null && isLeaf(left)) return left;
  return {left, right, hash: branchHash(rootOf(left), rootOf(right))};
}

/** Index of the first item whose bit at `depth` is 1; items are sorted and share the bits above. */
function firstRight(items: readonly {readonly path: Uint8Array}[], depth: number): number {
  let low = 0;
  let high = items.length;
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
