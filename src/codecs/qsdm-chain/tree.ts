/**
 * The transaction tree of QSDM's blocks, with its inclusion proofs.
 *
 * A leaf is SHA-256 of an id's text, a parent SHA-256 of the hex texts of its children; a level of odd length repeats
 * its last node, and no ids give SHA-256 of nothing. Only ids are committed, leaves and nodes share one domain, and two
 * lists can have one root (defect D2): good for reading old chains, never for ours.
 * Source: node specification, section 2.2. Vectors: merkle.vectors.json.
 */
import {UsageError} from "../../errors.js";
import {hexOf, utf8} from "../bytes.js";
import {sha256} from "../hash.js";

const hashText = (text: string): string => hexOf(sha256(utf8(text)));
const parentOf = (left: string, right: string): string => hashText(left + right);

/** Leaf hashes of transaction ids, in hex. */
export const leavesOf = (ids: readonly string[]): string[] => ids.map(hashText);

/** Levels from the leaves to the root; none for no leaves. */
function levelsOf(leaves: readonly string[]): string[][] {
  const levels: string[][] = leaves.length === 0 ? [] : [[...leaves]];
  for (let level = levels[0] ?? []; level.length > 1; level = levels.at(-1)!) {
    const next: string[] = [];
    for (let at = 0; at < level.length; at += 2) next.push(parentOf(level[at]!, level[at + 1] ?? level[at]!));
    levels.push(next);
  }
  return levels;
}

/** Root over transaction ids, in hex. */
export const transactionRoot = (ids: readonly string[]): string => levelsOf(leavesOf(ids)).at(-1)?.[0] ?? hashText("");

/** One node beside the path from a leaf to the root. */
export interface Sibling {
  readonly hash: string;
  readonly isRight: boolean;
}

export interface InclusionProof {
  readonly leafHash: string;
  readonly index: number;
  /** From the leaves up. */
  readonly siblings: readonly Sibling[];
  readonly root: string;
}

/** The proof that `ids[index]` is in the tree. @throws UsageError INDEX_OUT_OF_RANGE */
export function proveInclusion(ids: readonly string[], index: number): InclusionProof {
  const levels = levelsOf(leavesOf(ids));
  const leafHash = levels[0]?.[index];
  if (leafHash === undefined)
    throw new UsageError("INDEX_OUT_OF_RANGE", `there is no transaction ${index} among ${ids.length}`);
  const siblings = levels.slice(0, -1).map((level, depth): Sibling => {
    const at = index >> depth;
    const isRight = at % 2 === 0;
    return {hash: (isRight ? level[at + 1] : level[at - 1]) ?? level[at]!, isRight};
  });
  return {leafHash, index, siblings, root: levels.at(-1)![0]!};
}

/** Whether `proof` leads from its leaf to `root`. The index is a remark and is not looked at. */
export function verifyInclusion({leafHash, siblings, root: claimed}: InclusionProof, root: string): boolean {
  const top = siblings.reduce(
    (node, {hash, isRight}) => (isRight ? parentOf(node, hash) : parentOf(hash, node)),
    leafHash,
  );
  return top === root && claimed === root;
}
