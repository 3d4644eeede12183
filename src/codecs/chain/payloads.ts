/** Payloads of our own contracts; those of QSDM's contracts have files of their own and travel byte-exact. */
import {address} from "../address.js";
import {hexOf} from "../bytes.js";
import {encodeCbor} from "../cbor/cbor.js";
import {blob, type FieldValue, fixed, list, record, text, u64, within} from "../cbor/record.js";
import {ML_DSA_87} from "../suite.js";

/** Moves CELL between accounts. */
export const TRANSFER_CONTRACT = "qsdm/transfer/v3";
/** Moves CELL from one account to many, all of it or nothing. */
export const BATCH_TRANSFER_CONTRACT = "qsdm/batch-transfer/v3";
/** QSDM's enroll payload plus the node's ML-DSA key. */
export const ENROLL_V3_CONTRACT = "qsdm/enroll/v3";
/** QSDM's unenroll payload, byte for byte; the envelope proves the sender. */
export const UNENROLL_V3_CONTRACT = "qsdm/unenroll/v3";

export const transfer = within(
  512,
  record("transfer", {
    to: address,
    amountDust: u64,
    memo: text({maxBytes: 256}),
  }),
);
export type Transfer = FieldValue<typeof transfer>;

/** Most payments of one batch. */
export const BATCH_PAYMENTS_MAX = 256;

export const batchTransfer = within(
  512 * BATCH_PAYMENTS_MAX,
  record("batch-transfer", {
    /** In the order of their crediting; an account may be paid more than once. */
    payments: list(transfer, BATCH_PAYMENTS_MAX),
  }),
);
export type BatchTransfer = FieldValue<typeof batchTransfer>;

/** Strict enrollment (docs/decisions/0011-strict-mining.md). */
export const strictEnrollment = within(
  10_240,
  record("enroll", {
    /** Canonical `qsdm/enroll/v2` JSON. */
    payload: blob({min: 2, max: 2048}),
    /** Key that will sign this node's proofs. */
    nodeKey: fixed(ML_DSA_87.publicKeyBytes),
    /** Signature of `nodeKey` over `nodeKeyClaim`: nobody can register a key that is not theirs. */
    possession: fixed(ML_DSA_87.signatureBytes),
  }),
);
export type StrictEnrollment = FieldValue<typeof strictEnrollment>;

/** Bytes that the node key signs to be registered by `owner` under `nodeId`. */
export const nodeKeyClaim = (chainId: string, owner: string, nodeId: string, nodeKey: Uint8Array): Uint8Array =>
  encodeCbor(["qsdm/node-key/v1", chainId, owner, nodeId, hexOf(nodeKey)]);
