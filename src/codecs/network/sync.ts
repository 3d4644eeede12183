/**
 * How a node that lacks blocks asks for them: headers first, then the blocks that they name, from whoever has them
 * (docs/decisions/0071-sync.md).
 */
import {digestHex} from "../address.js";
import {type FieldValue, list, nullable, record, u32, u64} from "../cbor/record.js";
import {block, certificate, header} from "../chain/block.js";

/** Protocols of the two requests. */
export const HEADERS_PROTOCOL = "/qsdm/headers/2";
export const BLOCKS_PROTOCOL = "/qsdm/blocks/1";

/** Most headers of one answer. */
export const HEADERS_MAX = 1_024;
/** Most blocks of one answer, which ends sooner where its bytes do. */
export const RANGE_BLOCKS_MAX = 128;
/** Most blocks that come with their headers, so that a node that lacks a few asks once. */
export const INLINE_BLOCKS_MAX = 16;
/** Longest request: a range names its blocks. */
export const SYNC_REQUEST_MAX_BYTES = 8 * 1024;

const certified = record("certified", {block, certificate});
/** A block with the votes for it. */
export type Certified = FieldValue<typeof certified>;

/** Headers of `epoch` from height `from` on: of final blocks, of those that closed the epoch, of the newest branch. */
export const headersRequest = record("qsdm/headers-request/v1", {epoch: u64, from: u64, count: u32});
export type HeadersRequest = FieldValue<typeof headersRequest>;

export const headersAnswer = record("qsdm/headers-answer/v2", {
  /** Height of the newest block that the peer has; nothing proves it. */
  newest: u64,
  /** Lowest height above 0 from which on the peer has whole blocks; what lies below is pruned there. */
  whole: u64,
  /** In order of height, each the parent of the next. */
  headers: list(header, HEADERS_MAX),
  /** Of the last of them, which vouches for all; null where there are none. */
  certificate: nullable(certificate),
  /** The first of their blocks, where there are few. */
  blocks: list(certified, INLINE_BLOCKS_MAX),
});
export type HeadersAnswer = FieldValue<typeof headersAnswer>;

/** Blocks of `epoch` by id, the first of height `from`, each the parent of the next. */
export const blocksRequest = record("qsdm/blocks-request/v1", {
  epoch: u64,
  from: u64,
  ids: list(digestHex, RANGE_BLOCKS_MAX),
});
export type BlocksRequest = FieldValue<typeof blocksRequest>;

/** Those that the peer has, in the order of the request, up to the first that it lacks or that does not fit. */
export const blocksAnswer = record("qsdm/blocks-answer/v1", {blocks: list(certified, RANGE_BLOCKS_MAX)});
export type BlocksAnswer = FieldValue<typeof blocksAnswer>;
