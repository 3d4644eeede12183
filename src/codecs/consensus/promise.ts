/**
 * What a validator keeps on its own disk: what it promised, and the blocks above the final one
 * (docs/decisions/0053-promises-on-disk.md).
 */
import {digestHex} from "../address.js";
import {type FieldValue, nullable, record, u64} from "../cbor/record.js";
import {block, certificate} from "../chain/block.js";
import {timeoutCertificate} from "./messages.js";

const views = {
  epoch: u64,
  votedView: u64,
  votedBlockId: digestHex,
  proposedView: u64,
  proposedBlockId: digestHex,
  timeoutView: u64,
} as const;

/** The newest statement of each kind that a voting key made. */
export const signedRecord = record("qsdm/signed/v1", views);
export type SignedRecord = FieldValue<typeof signedRecord>;

/** Written before a vote, a proposal or a timeout leaves. */
export const promise = record("qsdm/promise/v1", {
  safety: record("safety", {...views, lockedView: u64, lockedBlockId: digestHex}),
  highCertificate: certificate,
  entered: nullable(timeoutCertificate),
});

/** A block with the certificate of its parent. */
export const uncommittedBlock = record("qsdm/uncommitted/v1", {block, justify: certificate});
export type JustifiedBlock = FieldValue<typeof uncommittedBlock>;
