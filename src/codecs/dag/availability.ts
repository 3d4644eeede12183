/**
 * Acknowledgements that a batch is held, and the availability certificate that more than two thirds of the power make
 * of them. What an ack signs names the batch and nothing of who else signs, and so does the certificate's digest: two
 * nodes that gathered different quorums for one batch hold equal digests.
 */
import {digestHex} from "../address.js";
import {hexOf, utf8} from "../bytes.js";
import {type FieldValue, fixed, list, record, u32, u64} from "../cbor/record.js";
import {chainIdField} from "../chain/envelope.js";
import {sha3} from "../hash.js";
import {ML_DSA_44} from "../suite.js";
import {type BatchRef, batchRef} from "./batch.js";

/** What a validator signs when a batch and its proof of parents are on its disk. */
export const ackContent = record("qsdm/batch-ack/v1", {
  chainId: chainIdField,
  epoch: u64,
  round: u64,
  creator: u32,
  batchId: digestHex,
});
export type AckContent = FieldValue<typeof ackContent>;

/** One validator's ack, sent to the batch's creator. */
export const ack = record("qsdm/signed-ack/v1", {
  epoch: u64,
  ref: batchRef,
  validator: u32,
  signature: fixed(ML_DSA_44.signatureBytes),
});
export type Ack = FieldValue<typeof ack>;

/** Acks of more than two thirds of the power, by index into the epoch's validator list, ascending. */
export const availability = record("qsdm/availability/v1", {
  epoch: u64,
  ref: batchRef,
  acks: list(record("ack", {validator: u32, signature: fixed(ML_DSA_44.signatureBytes)}), 1_000),
});
export type Availability = FieldValue<typeof availability>;

const DIGEST_TAG = utf8("qsdm/availabilityid/v1\0");

/** Digest of the fact that a certificate proves: chain, epoch and batch, whoever signed. 64 hex digits. */
export const availabilityDigest = (chainId: string, {epoch, ref}: Pick<Availability, "epoch" | "ref">): string =>
  hexOf(sha3(DIGEST_TAG, ackContent.encode(ackContentOf(chainId, epoch, ref))));

/** What an ack for `ref` signs. */
export const ackContentOf = (chainId: string, epoch: bigint, {round, creator, batchId}: BatchRef): AckContent => ({
  chainId,
  epoch,
  round,
  creator,
  batchId,
});
