/**
 * The Merkle tree over a log, and proofs that an entry is in it and that a longer log goes on from a shorter one.
 * Source: RFC 6962, section 2.1; how proofs are checked: RFC 9162, sections 2.1.3.2 and 2.1.4.2.
 */
import {equalBytes} from "../../../codecs/bytes.js";
import {sha256} from "../../../codecs/hash.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
/** Most entries of a log. */
export const LOG_MAX = 2 ** 48;

export const leafHash = (entry: Uint8Array): Uint8Array => sha256(LEAF, entry);
const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(NODE, left, right);
/** Root of the empty log. */
export const EMPTY_LOG_ROOT = sha256();

/**
 * Roots of whole subtrees: the one of `2 ** level` entries from `index * 2 ** level` on. Written once, when the last of
 * those entries comes.
 */
export interface Subtrees {
  /** @throws Error where there is no such subtree yet */
  subtree(level: number, index: number): Uint8Array;
}

/** Roots of the whole subtrees that a log of some size falls into, the largest first: all that is needed to go on. */
export type Frontier = readonly Uint8Array[];

/** A whole subtree that an entry completed. */
interface Completed {
  readonly level: number;
  readonly index: number;
  readonly root: Uint8Array;
}

/** `frontier` of a log of `size` entries with one more, and what that completed, from the leaf up. */
export function appendLeaf(
  frontier: Frontier,
  size: number,
  leaf: Uint8Array,
): {readonly frontier: Frontier; readonly completed: readonly Completed[]} {
  const stack = [...frontier];
  const completed: Completed[] = [{level: 0, index: size, root: leaf}];
  let root = leaf;
  // Each one bit at the end of the size is a subtree as large as the one at hand.
  for (let [level, index] = [1, size]; index % 2 === 1; level++) {
    root = nodeHash(stack.pop()!, root);
    index = Math.floor(index / 2);
    completed.push({level, index, root});
  }
  stack.push(root);
  return {frontier: stack, completed};
}

/** The root of a log that falls into `frontier`. */
export function frontierRoot(frontier: Frontier): Uint8Array {
  if (frontier.length === 0) return EMPTY_LOG_ROOT;
  return frontier.reduceRight((right, left) => nodeHash(left, right));
}

/** The largest power of two below `count`, which is at least 2. */
function splitOf(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** Root of the entries from `from` to before `to`, as the tree splits them. */
function rangeRoot(tree: Subtrees, from: number, to: number): Uint8Array {
  const count = to - from;
  const level = Math.log2(count);
  if (Number.isInteger(level)) return tree.subtree(level, from / count);
  const middle = from + splitOf(count);
  return nodeHash(rangeRoot(tree, from, middle), rangeRoot(tree, middle, to));
}

/** Root of the first `size` entries. */
export const rootOf = (tree: Subtrees, size: number): Uint8Array =>
  size === 0 ? EMPTY_LOG_ROOT : rangeRoot(tree, 0, size);

/** Digests beside the way from entry `index` to the root of `size` entries, from the leaf up. */
export function inclusionProof(tree: Subtrees, index: number, size: number): readonly Uint8Array[] {
  const path: Uint8Array[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(rangeRoot(tree, middle, to));
      to = middle;
    } else {
      path.push(rangeRoot(tree, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** Digests from which both the root of `first` and that of `size` entries follow. */
export function consistencyProof(tree: Subtrees, first: number, size: number): readonly Uint8Array[] {
  if (first === 0 || first === size) return [];
  const path: Uint8Array[] = [];
  let [from, to] = [0, size];
  // Until the first entries end where a subtree does.
  while (to > first) {
    const middle = from + splitOf(to - from);
    if (first <= middle) {
      path.push(rangeRoot(tree, middle, to));
      to = middle;
    } else {
      path.push(rangeRoot(tree, from, middle));
      from = middle;
    }
  }
  // Whoever checks has the root of the first entries, unless they are more than that subtree.
  if (from > 0) path.push(rangeRoot(tree, from, to));
  return path.reverse();
}

export interface LogHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether `leaf` is entry `index` of the log of `head`. */
export function verifyInclusion(
  {leaf, index}: {readonly leaf: Uint8Array; readonly index: number},
  {size, root}: LogHead,
  proof: readonly Uint8Array[],
): boolean {
  if (index >= size) return false;
  let [node, last] = [index, size - 1];
  let hash = leaf;
  for (const beside of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(beside, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else hash = nodeHash(hash, beside);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && equalBytes(hash, root);
}

/** Whether the log of `second` starts with all of that of `first`. */
export function verifyConsistency(first: LogHead, second: LogHead, proof: readonly Uint8Array[]): boolean {
  if (first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && equalBytes(first.root, second.root);
  if (first.size === 0) return proof.length === 0 && equalBytes(first.root, EMPTY_LOG_ROOT);
  const path = Number.isInteger(Math.log2(first.size)) ? [first.root, ...proof] : proof;
  const [start, ...rest] = path;
  if (!start) return false;
  let [node, last] = [first.size - 1, second.size - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  let [of, to] = [start, start];
  for (const beside of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [of, to] = [nodeHash(beside, of), nodeHash(beside, to)];
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else to = nodeHash(to, beside);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && equalBytes(of, first.root) && equalBytes(to, second.root);
}
