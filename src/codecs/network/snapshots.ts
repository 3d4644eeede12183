/** How a node that has nothing asks others for a snapshot, part by part (docs/decisions/0076-fast-sync.md). */
import {digestHex} from "../address.js";
import {type FieldValue, list, record, u32, u64, word} from "../cbor/record.js";
import {CHUNK_KINDS} from "../chain/snapshot.js";

/** Protocols of the two requests. */
export const SNAPSHOTS_PROTOCOL = "/qsdm/snapshots/1";
export const SNAPSHOT_PART_PROTOCOL = "/qsdm/snapshot-part/1";

export const SNAPSHOT_REQUEST_MAX_BYTES = 1_024;
/** Most snapshots of one answer, and its longest form. */
export const OFFERS_MAX = 16;
export const OFFERS_MAX_BYTES = 4 * 1_024;
/** A proof travels in pieces of this many bytes; the last is shorter, or empty. */
export const PROOF_PIECE_BYTES = 4 * 1024 * 1024;

export const snapshotsRequest = record("qsdm/snapshots-request/v1", {});

export const snapshotsAnswer = record("qsdm/snapshots-answer/v1", {
  /** The newest that the peer has, in order of height. */
  offers: list(record("offer", {height: u64, root: digestHex}), OFFERS_MAX),
});
export type SnapshotOffer = FieldValue<typeof snapshotsAnswer>["offers"][number];

/** A part of the snapshot with this root. The answer is the part itself, chunks as they are kept: compressed. */
export const snapshotPartRequest = record("qsdm/snapshot-part-request/v1", {
  height: u64,
  root: digestHex,
  part: word("manifest", "proof", ...CHUNK_KINDS),
  /** Among the parts of its kind; of a proof, the piece. */
  index: u32,
});
export type SnapshotPartRequest = FieldValue<typeof snapshotPartRequest>;
