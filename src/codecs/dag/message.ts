/** What the DAG mempool sends: one of its records, told apart by the tag that each starts with. */
import {DecodeError} from "../../errors.js";
import {type CborValue, decodeCbor} from "../cbor/cbor.js";
import {type FieldValue, nullable, record} from "../cbor/record.js";
import {type Ack, type Availability, ack, availability} from "./availability.js";
import {BATCH_MAX_BYTES, type Batch, batch, batchRef} from "./batch.js";

export type DagMessage =
  | {readonly type: "batch"; readonly batch: Batch}
  | {readonly type: "ack"; readonly ack: Ack}
  | {readonly type: "certificate"; readonly certificate: Availability};

export const dagMessage = {
  encode(message: DagMessage): Uint8Array {
    switch (message.type) {
      case "batch":
        return batch.encode(message.batch);
      case "ack":
        return ack.encode(message.ack);
      case "certificate":
        return availability.encode(message.certificate);
    }
  },

  /** @throws DecodeError MESSAGE_TOO_LARGE, CBOR_INVALID, FIELD_INVALID */
  decode(bytes: Uint8Array): DagMessage {
    if (bytes.length > BATCH_MAX_BYTES)
      throw new DecodeError("MESSAGE_TOO_LARGE", `message is ${bytes.length} bytes, at most ${BATCH_MAX_BYTES}`);
    const wire = decodeCbor(bytes);
    switch (tagOf(wire)) {
      case "qsdm/batch-body/v1":
        return {type: "batch", batch: batch.fromWire(wire, "batch")};
      case "qsdm/signed-ack/v1":
        return {type: "ack", ack: ack.fromWire(wire, "ack")};
      case "qsdm/availability/v1":
        return {type: "certificate", certificate: availability.fromWire(wire, "certificate")};
      default:
        throw new DecodeError("FIELD_INVALID", "not a message of the DAG mempool", {details: {field: "tag"}});
    }
  },
};

const tagOf = (wire: CborValue): CborValue | undefined => (Array.isArray(wire) ? wire[0] : undefined);

/** Asks a peer for a batch and what certifies it. */
export const batchRequest = record("qsdm/batch-request/v1", {ref: batchRef});
export type BatchRequest = FieldValue<typeof batchRequest>;

/** What the peer has of it. */
export const batchAnswer = record("qsdm/batch-answer/v1", {
  batch: nullable(batch),
  certificate: nullable(availability),
});
export type BatchAnswer = FieldValue<typeof batchAnswer>;
