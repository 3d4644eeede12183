/**
 * A snapshot: what a node needs to go on from a final block without the blocks below it (docs/decisions/0075-snapshots.md).
 *
 * The manifest names every chunk by something that the chain commits to: subtrees of the state by their roots, which give
 * the state's root; headers by the id of the last of a span; the block by its id. So two nodes write the same manifest and
 * the same chunks for one height, and a chunk is verified by itself, whoever gave it. The proof beside it holds votes, of
 * which each node may have others.
 */
import {DecodeError} from "../../errors.js";
import {digestHex} from "../address.js";
import {hexOf, utf8} from "../bytes.js";
import {blob, type FieldValue, fixed, list, record, text, u32, u64, within} from "../cbor/record.js";
import {BATCHES_MAX, batchRef} from "../dag/batch.js";
import {sha3} from "../hash.js";
import {certificate, header} from "./block.js";
import {framesOf} from "./chain-file.js";
import {chainIdField} from "./envelope.js";
import {epochRow} from "./epoch.js";
import {finalityProof} from "./finality.js";

/** Subtrees of the state are the largest of at most so many bytes. */
export const SUBTREE_BYTES = 1024 * 1024;
/** Most bytes of a chunk of any kind, as it was before it was compressed: it travels in one message. */
export const CHUNK_MAX_BYTES = 7 * 1024 * 1024;
/** Headers of one chunk: heights 0 to 2,047, and so on. */
export const SPAN_HEADERS = 2_048;
const SPANS_MAX = 65_536;
const SUBTREES_MAX = 65_536;
export const MANIFEST_MAX_BYTES = 7 * 1024 * 1024;

export const snapshotManifest = within(
  MANIFEST_MAX_BYTES,
  record("qsdm/snapshot/v1", {
    chainId: chainIdField,
    genesisId: digestHex,
    /** Of the block; the state is the one after it. */
    height: u64,
    blockId: digestHex,
    stateRoot: digestHex,
    /** Chunks of headers, from height 0 on; the last ends with the block's own. */
    headers: list(record("headers", {lastId: digestHex, sizeBytes: u32}), SPANS_MAX),
    blockBytes: u32,
    batchesBytes: u32,
    /** In order of path. */
    state: list(
      record("subtree", {depth: u32, prefix: blob({max: 32}), root: fixed(32), sizeBytes: u32}),
      SUBTREES_MAX,
    ),
  }),
);
export type SnapshotManifest = FieldValue<typeof snapshotManifest>;

const ROOT_TAG = utf8("qsdm/snapshot/root/v1\0");

/** Names a snapshot: 64 hex digits over the bytes of its manifest. */
export const snapshotRootOf = (manifest: Uint8Array): string => hexOf(sha3(ROOT_TAG, manifest));

/** Kinds of chunks, and how many of each a manifest names. */
export const CHUNK_KINDS = ["headers", "block", "batches", "state"] as const;
export type ChunkKind = (typeof CHUNK_KINDS)[number];

/** One chunk of a manifest. */
export interface ChunkName {
  readonly kind: ChunkKind;
  /** Among those of its kind. */
  readonly index: number;
  /** Before it was compressed. */
  readonly sizeBytes: number;
}

/** Every chunk of a snapshot, in the order in which one is verified. */
export function chunksOf({headers, blockBytes, batchesBytes, state}: SnapshotManifest): readonly ChunkName[] {
  return [
    ...headers.map(({sizeBytes}, index) => ({kind: "headers" as const, index, sizeBytes})),
    {kind: "block", index: 0, sizeBytes: blockBytes},
    {kind: "batches", index: 0, sizeBytes: batchesBytes},
    ...state.map(({sizeBytes}, index) => ({kind: "state" as const, index, sizeBytes})),
  ];
}

/** One key of the state, as a chunk of a subtree has it: chunks are CBOR sequences of byte strings of these. */
export const stateEntry = record("s", {
  store: text({minBytes: 1, maxBytes: 64}),
  key: text({maxBytes: 1_024}),
  value: blob({max: CHUNK_MAX_BYTES}),
});
export type StateEntry = FieldValue<typeof stateEntry>;

/** What a block took of batches, as the chunk of batches has it, newest block first. */
export const takenEntry = record("taken", {height: u64, batches: list(batchRef, BATCHES_MAX)});
export type TakenEntry = FieldValue<typeof takenEntry>;

/** First frame of the proof: that the block is final, and the votes that are kept with it. */
export const snapshotProof = record("qsdm/snapshot-proof/v1", {certificate, finality: finalityProof});
export type SnapshotProof = FieldValue<typeof snapshotProof>;

/** Each other frame of the proof: an epoch that began up to the block, with what it goes on from; in order of number. */
export const snapshotEpoch = record("qsdm/snapshot-epoch/v1", {origin: header, certificate, row: epochRow});
export type SnapshotEpoch = FieldValue<typeof snapshotEpoch>;

/** The records of a chunk that is a sequence. @throws DecodeError CHAIN_FILE_INVALID, CHAIN_FILE_CUT, CBOR_INVALID, FIELD_INVALID */
export function* recordsIn<T>(chunk: Uint8Array, codec: {decode(bytes: Uint8Array): T}): Generator<T> {
  for (const frame of framesOf(chunk)) yield codec.decode(frame);
}

/**
 * The manifest in `bytes`, held to what can be told of it without the chain.
 * @throws DecodeError SNAPSHOT_INVALID, CBOR_INVALID, FIELD_INVALID, CBOR_TOO_LARGE
 */
export function decodeManifest(bytes: Uint8Array): SnapshotManifest {
  const manifest = snapshotManifest.decode(bytes);
  const refuse = (why: string): never => {
    throw new DecodeError("SNAPSHOT_INVALID", `no manifest of a snapshot: ${why}`, {
      hint: "get it anew, from another node if need be",
    });
  };
  const {height, headers} = manifest;
  if (height === 0n) refuse("block 0 is what the genesis says");
  const spans = height / BigInt(SPAN_HEADERS) + 1n;
  if (BigInt(headers.length) !== spans) refuse(`${headers.length} chunks of headers, block ${height} needs ${spans}`);
  if (headers.at(-1)!.lastId !== manifest.blockId) refuse("its headers end with another block");
  for (const {kind, index, sizeBytes} of chunksOf(manifest))
    if (sizeBytes > CHUNK_MAX_BYTES) refuse(`chunk ${kind} ${index} of ${sizeBytes} bytes`);
  return manifest;
}
