/** How a node that fell behind asks for blocks, and what it is answered. */
import {type FieldValue, list, record, u32, u64} from "../cbor/record.js";
import {block, certificate} from "../chain/block.js";

/** Protocol of the request. */
export const BRANCH_PROTOCOL = "/qsdm/branch/1";
/** Most blocks of one answer, which ends sooner where its bytes do. */
export const BRANCH_BLOCKS_MAX = 256;

/** Blocks from height `from` on, final ones first and then those of the newest certified branch. */
export const branchRequest = record("qsdm/branch-request/v1", {from: u64, count: u32});

/** Blocks in order of height, each the parent of the next, with a certificate of each. */
export const branchAnswer = record("qsdm/branch-answer/v1", {
  blocks: list(record("certified", {block, certificate}), BRANCH_BLOCKS_MAX),
});
export type BranchAnswer = FieldValue<typeof branchAnswer>;
