/**
 * The state's Merkle tree: a binary tree over 256-bit paths in which a subtree with one leaf is that leaf. Its shape
 * and root depend on the content alone, never on the order of changes.
 *
 * Nodes are immutable, so a candidate block's tree shares everything it does not change with the committed one and
 * costs nothing to throw away. An update makes its new nodes first and hashes them afterwards: all leaves at once, then
 * the branches of each depth at once, from the deepest up.
 */
import {compareBytes, concat, equalBytes} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {type HashAll, hashEach} from "./hashing.js";

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

const leafHash = (leaf: Leaf): Uint8Array => sha3(leafMessage(leaf));
const branchHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha3(branchMessage(left, right));
const leafMessage = ({path, valueHash}: Leaf): Uint8Array => concat(LEAF_TAG, path, valueHash);
const branchMessage = (left: Uint8Array, right: Uint8Array): Uint8Array => concat(BRANCH_TAG, left, right);
const bitAt = (path: Uint8Array, depth: number): number => (path[depth >> 3]! >> (7 - (depth & 7))) & 1;
const isLeaf = (node: LeafNode | Branch): node is LeafNode => "path" in node;

/** The digest that stands for a tree. */
export const rootOf = (tree: TreeNode): Uint8Array => tree?.hash ?? EMPTY_ROOT;

/** The tree with `changes` applied; paths must be distinct. */
export function updateTree(tree: TreeNode, changes: readonly LeafChange[], hashAll: HashAll = hashEach): TreeNode {
  if (changes.length === 0) return tree;
  const made: Made = {leaves: [], branches: []};
  const sorted = [...changes].sort((a, b) => compareBytes(a.path, b.path));
  const updated = update(tree, sorted, 0, made);
  hashMade(made, hashAll);
  return updated;
}

type Unhashed<Node extends LeafNode | Branch> = Omit<Node, "hash"> & {hash: Uint8Array};
/** New nodes that have no hash yet; branches by their depth. */
interface Made {
  readonly leaves: Unhashed<LeafNode>[];
  readonly branches: Unhashed<Branch>[][];
}

function hashMade({leaves, branches}: Made, hashAll: HashAll): void {
  const leafHashes = hashAll(leaves.map(leafMessage));
  for (const [i, leaf] of leaves.entries()) leaf.hash = leafHashes[i]!;
  for (let depth = branches.length - 1; depth >= 0; depth--) {
    const level = branches[depth] ?? [];
    const hashes = hashAll(level.map(({left, right}) => branchMessage(rootOf(left), rootOf(right))));
    for (const [i, branch] of level.entries()) branch.hash = hashes[i]!;
  }
}

function update(node: TreeNode, changes: readonly LeafChange[], depth: number, made: Made): TreeNode {
  if (changes.length === 0) return node;
  if (node === null || isLeaf(node)) return rebuild(node, changes, depth, made);
  const split = firstRight(changes, depth);
  const left = update(node.left, changes.slice(0, split), depth + 1, made);
  const right = update(node.right, changes.slice(split), depth + 1, made);
  return left === node.left && right === node.right ? node : join(left, right, depth, made);
}

/** A subtree that was empty or one leaf. */
function rebuild(node: LeafNode | null, changes: readonly LeafChange[], depth: number, made: Made): TreeNode {
  const leaves = changes.filter((each): each is Leaf => each.valueHash !== null);
  if (node && !changes.some((each) => equalBytes(each.path, node.path))) {
    const at = leaves.findIndex((each) => compareBytes(each.path, node.path) > 0);
    leaves.splice(at < 0 ? leaves.length : at, 0, node);
  }
  return grow(leaves, depth, made);
}

function grow(leaves: readonly Leaf[], depth: number, made: Made): TreeNode {
  if (leaves.length === 0) return null;
  if (leaves.length === 1) {
    const {path, valueHash} = leaves[0]!;
    const leaf = {path, valueHash, hash: EMPTY_ROOT};
    made.leaves.push(leaf);
    return leaf;
  }
  const split = firstRight(leaves, depth);
  const left = grow(leaves.slice(0, split), depth + 1, made);
  return join(left, grow(leaves.slice(split), depth + 1, made), depth, made);
}

function join(left: TreeNode, right: TreeNode, depth: number, made: Made): TreeNode {
  // A lone leaf moves up, so that the shape depends on the content alone.
  if (left === null && (right === null || isLeaf(right))) return right;
  if (right === null && left !== null && isLeaf(left)) return left;
  const branch = {left, right, hash: EMPTY_ROOT};
  const level = made.branches[depth] ?? [];
  level.push(branch);
  made.branches[depth] = level;
  return branch;
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
