/**
 * What a validator keeps on its own disk: what it promised, and the blocks above the final one
 * (docs/decisions/0053-promises-on-disk.md).
 */
import {DecodeError} from "../../errors.js";
import {digestHex} from "../address.js";
import {decodeCbor} from "../cbor/cbor.js";
import {type FieldValue, nullable, record, u64} from "../cbor/record.js";
import {block, certificate} from "../chain/block.js";
import {compactBlock} from "./compact-block.js";
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

const whole = record("qsdm/uncommitted/v1", {block, justify: certificate});
const compact = record("qsdm/uncommitted/v2", {compact: compactBlock, justify: certificate});

/** A block with the certificate of its parent. */
export type JustifiedBlock = FieldValue<typeof whole>;
/** The same where the block's batches are on this disk already. */
export type CompactUncommitted = FieldValue<typeof compact>;

/** A block above the final one, as it waits on the disk: by its batches, or whole where they are not there. */
export const uncommittedBlock = {
  encode: (value: JustifiedBlock | CompactUncommitted): Uint8Array =>
    "block" in value ? whole.encode(value) : compact.encode(value),

  /** @throws DecodeError CBOR_INVALID, FIELD_INVALID */
  decode(bytes: Uint8Array): JustifiedBlock | CompactUncommitted {
    const wire = decodeCbor(bytes);
    switch (Array.isArray(wire) ? wire[0] : null) {
      case "qsdm/uncommitted/v1":
        return whole.fromWire(wire, "uncommitted");
      case "qsdm/uncommitted/v2":
        return compact.fromWire(wire, "uncommitted");
      default:
        throw new DecodeError("FIELD_INVALID", "no block that waits to be final", {details: {field: "tag"}});
    }
  },
};
