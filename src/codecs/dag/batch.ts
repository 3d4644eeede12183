/**
 * Batches of the DAG mempool: what validators make available before consensus orders it. A batch belongs to one round
 * of one creator; its header commits to the body by Merkle roots and is all that is signed, so that two headers of one
 * creator for one round prove equivocation without the bodies.
 */
import {digestHex} from "../address.js";
import {hexOf, utf8} from "../bytes.js";
import {blob, type FieldValue, fixed, list, record, u32, u64} from "../cbor/record.js";
import {chainIdField, ENVELOPE_MAX_BYTES} from "../chain/envelope.js";
import {sha3} from "../hash.js";
import {ML_DSA_44} from "../suite.js";

/** Most bytes of a batch with everything around its body: the largest configured body, and a header of 1,000 parents. */
export const BATCH_MAX_BYTES = 4 * 1_048_576 + 131_072;

/** Most batches that one block takes. */
export const BATCHES_MAX = 1_000;

/** Rounds below the newest one that a block took within which a batch can be taken still. */
export const BATCH_WINDOW_ROUNDS = 50n;

/** Names one batch. At most one batch of a creator and round can be certified. */
export const batchRef = record("batch-ref", {
  round: u64,
  /** Index into the epoch's validator list. */
  creator: u32,
  batchId: digestHex,
});
export type BatchRef = FieldValue<typeof batchRef>;

/** The one order of batches: by round, then creator, then id. */
export function compareRefs(a: BatchRef, b: BatchRef): number {
  if (a.round !== b.round) return a.round < b.round ? -1 : 1;
  if (a.creator !== b.creator) return a.creator - b.creator;
  return a.batchId < b.batchId ? -1 : a.batchId > b.batchId ? 1 : 0;
}

/** What a creator signs: the bytes of this record. Domain and chain separation are in them. */
export const batchHeader = record("qsdm/batch/v1", {
  chainId: chainIdField,
  epoch: u64,
  /** From 1 on. */
  round: u64,
  creator: u32,
  /** Certified batches of the round before, by creator, ascending; none in round 1. */
  parents: list(record("parent", {creator: u32, batchId: digestHex}), 1_000),
  transactionsRoot: digestHex,
  proofsRoot: digestHex,
  transactionCount: u32,
  proofCount: u32,
  /** Bytes of all items together. */
  bodyBytes: u32,
});
export type BatchHeader = FieldValue<typeof batchHeader>;

/** A header with its creator's ML-DSA-44 signature; two of them with one round and different ids are evidence. */
export const signedHeader = record("qsdm/signed-batch/v1", {
  header: batchHeader,
  signature: fixed(ML_DSA_44.signatureBytes),
});
export type SignedHeader = FieldValue<typeof signedHeader>;

export const batch = record("qsdm/batch-body/v1", {
  signed: signedHeader,
  /** Envelopes, in the order in which a block takes them. */
  transactions: list(blob({min: 1, max: ENVELOPE_MAX_BYTES}), 10_000),
  /** Canonical mining proofs. */
  proofs: list(blob({min: 1, max: 65_536}), 1_000),
});
export type Batch = FieldValue<typeof batch>;

const BATCH_ID_TAG = utf8("qsdm/batchid/v1\0");

/** Batch id: 64 hex digits over every field of the header. */
export const batchIdOf = (header: BatchHeader): string => hexOf(sha3(BATCH_ID_TAG, batchHeader.encode(header)));

/** The name of the batch that `header` is of. */
export const refOf = (header: BatchHeader): BatchRef => ({
  round: header.round,
  creator: header.creator,
  batchId: batchIdOf(header),
});
