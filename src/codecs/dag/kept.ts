/** What a validator keeps of the DAG mempool on its own disk: what it acknowledged, and what of it is certified. */
import {DecodeError} from "../../errors.js";
import {decodeCbor} from "../cbor/cbor.js";
import {record, u64} from "../cbor/record.js";
import {type Availability, availability} from "./availability.js";
import {type Batch, type BatchRef, batch, batchRef, refOf} from "./batch.js";

/** What must be on disk before the effects behind it are carried out. */
export type Kept =
  | {readonly type: "batch"; readonly batch: Batch}
  | {readonly type: "acked"; readonly epoch: bigint; readonly ref: BatchRef}
  | {readonly type: "certificate"; readonly certificate: Availability};

const acked = record("qsdm/acked/v1", {epoch: u64, ref: batchRef});

export const kept = {
  encode(value: Kept): Uint8Array {
    switch (value.type) {
      case "batch":
        return batch.encode(value.batch);
      case "acked":
        return acked.encode(value);
      case "certificate":
        return availability.encode(value.certificate);
    }
  },

  /** @throws DecodeError CBOR_INVALID, FIELD_INVALID */
  decode(bytes: Uint8Array): Kept {
    const wire = decodeCbor(bytes);
    switch (Array.isArray(wire) ? wire[0] : null) {
      case "qsdm/batch-body/v1":
        return {type: "batch", batch: batch.fromWire(wire, "batch")};
      case "qsdm/acked/v1":
        return {type: "acked", ...acked.fromWire(wire, "acked")};
      case "qsdm/availability/v1":
        return {type: "certificate", certificate: availability.fromWire(wire, "certificate")};
      default:
        throw new DecodeError("FIELD_INVALID", "nothing that is kept of the DAG mempool", {details: {field: "tag"}});
    }
  },
};

/** The epoch and the batch that `value` is about. */
export function aboutOf(value: Kept): {readonly epoch: bigint; readonly ref: BatchRef} {
  if (value.type === "certificate") return value.certificate;
  if (value.type === "acked") return value;
  const {header} = value.batch.signed;
  return {epoch: header.epoch, ref: refOf(header)};
}
