/**
 * The state's tree cut into subtrees of bounded size, each of which can be verified by itself: a subtree is known by its
 * prefix and its root, and the roots alone give the root of the whole.
 */
import {InvariantError} from "../../../errors.js";
import {type HashAll, hashEach} from "./hashing.js";
import {
  bitAt,
  branchHash,
  EMPTY_ROOT,
  isLeaf,
  type Leaf,
  type LeafSource,
  rootOf,
  subtreeOf,
  type TreeNode,
} from "./tree.js";

/** Where a subtree is: all paths in it begin with the first `depth` bits of `prefix`. */
export interface Place {
  readonly depth: number;
  /** As many bytes as `depth` bits need; what is left of the last one is 0. */
  readonly prefix: Uint8Array;
}

/** One subtree that was cut out. */
export interface Cut extends Place {
  readonly root: Uint8Array;
  /** Its leaves in order of path, as `encode` wrote them. */
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
}

/** A subtree that may be part of a larger one still; null where there is nothing. */
type Held = Cut | null;

/** Leaves after which whoever cuts is given a turn. */
const TURN_LEAVES = 256;

/**
 * The largest subtrees of at most `maxBytes`, a single leaf whatever its size. Which these are depends on the tree alone.
 * They come in no order; `null` between them means that nothing was found yet, and that others may have a turn.
 */
export function* subtreesOf(
  tree: TreeNode,
  encode: (source: LeafSource) => Uint8Array,
  maxBytes: number,
): Generator<Cut | null, void> {
  let leaves = 0;
  function* cut(node: TreeNode, place: Place): Generator<Cut | null, Held | "cut"> {
    if (node === null) return null;
    if (isLeaf(node)) {
      if (!node.source) throw new InvariantError("a tree whose leaves do not know what they stand for");
      if (++leaves % TURN_LEAVES === 0) yield null;
      const part = encode(node.source);
      return {...place, root: rootOf(node), parts: [part], sizeBytes: part.length};
    }
    const left = yield* cut(node.left, childOf(place, 0));
    const right = yield* cut(node.right, childOf(place, 1));
    if (left !== "cut" && right !== "cut") {
      const sizeBytes = (left?.sizeBytes ?? 0) + (right?.sizeBytes ?? 0);
      if (sizeBytes <= maxBytes) {
        const parts = [...(left?.parts ?? []), ...(right?.parts ?? [])];
        return {...place, root: rootOf(node), parts, sizeBytes};
      }
    }
    if (left !== "cut" && left) yield left;
    if (right !== "cut" && right) yield right;
    return "cut";
  }
  const whole = yield* cut(tree, {depth: 0, prefix: new Uint8Array()});
  if (whole !== "cut" && whole) yield whole;
}

function childOf({depth, prefix}: Place, bit: 0 | 1): Place {
  const child = new Uint8Array((depth + 8) >> 3);
  child.set(prefix);
  if (bit === 1) child[depth >> 3]! |= 0x80 >> (depth & 7);
  return {depth: depth + 1, prefix: child};
}

/** Whether `prefix` has the form that a `Place` says, so that no place has two names. */
export function isPlace({depth, prefix}: Place): boolean {
  if (depth > 256 || prefix.length !== (depth + 7) >> 3) return false;
  return (depth & 7) === 0 || (prefix.at(-1)! & (0xff >> (depth & 7))) === 0;
}

/**
 * The root of the tree that is made of these subtrees; null where they are not in order of path, overlap, or one of them is
 * misnamed.
 */
export function rootOfSubtrees(subtrees: readonly (Place & {readonly root: Uint8Array})[]): Uint8Array | null {
  let next = 0;
  const within = (at: Place): boolean => {
    const each = subtrees[next];
    return each !== undefined && each.depth >= at.depth && isWithin(each.prefix, at);
  };
  const build = (at: Place): Uint8Array | null => {
    if (!within(at)) return EMPTY_ROOT;
    if (subtrees[next]!.depth === at.depth) return subtrees[next++]!.root;
    const left = build(childOf(at, 0));
    const right = left && build(childOf(at, 1));
    return left && right && branchHash(left, right);
  };
  if (!subtrees.every(isPlace)) return null;
  const root = build({depth: 0, prefix: new Uint8Array()});
  return next === subtrees.length ? root : null;
}

/** Whether `path` begins with the bits of `place`; it has at least as many. */
export function isWithin(path: Uint8Array, {depth, prefix}: Place): boolean {
  for (let i = 0; i < depth >> 3; i++) if (path[i] !== prefix[i]) return false;
  for (let bit = depth & ~7; bit < depth; bit++) if (bitAt(path, bit) !== bitAt(prefix, bit)) return false;
  return true;
}

/** Root of the subtree at `place` with these leaves, in order of path; null where they are not in order, or elsewhere. */
export function rootOfLeaves(leaves: readonly Leaf[], place: Place, hashAll: HashAll = hashEach): Uint8Array | null {
  for (const [i, {path}] of leaves.entries()) {
    if (!isWithin(path, place)) return null;
    if (i > 0 && Buffer.compare(leaves[i - 1]!.path, path) >= 0) return null;
  }
  return rootOf(subtreeOf(leaves, place.depth, hashAll));
}
