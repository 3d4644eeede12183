/**
 * Envelope v3: the one signed form of a transaction (docs/decisions/0002-envelope-v3.md).
 *
 * The transaction id is the digest of the unsigned part. A hedged signature differs each time it is made, so an id
 * over the signature would let one transaction have many ids; this one is known before the key is touched.
 */
import {DecodeError} from "../../errors.js";
import {address} from "../address.js";
import {hexOf, utf8} from "../bytes.js";
import {blob, type FieldValue, fixed, nullable, record, text, u64} from "../cbor/record.js";
import {sha3} from "../hash.js";
import {ML_DSA_87} from "../suite.js";

/** Largest envelope: a slash with 1 MiB of evidence in base64, plus key and signature. */
export const ENVELOPE_MAX_BYTES = 1_500_000;

/** Name of a chain: what a signature is good for. */
export const chainIdField = text({minBytes: 1, maxBytes: 64, pattern: /^[a-z0-9][a-z0-9-]*$/});

const UNSIGNED_TAG = "qsdm/tx/v3";

/** The signed content of a transaction. */
export const unsignedEnvelope = record(UNSIGNED_TAG, {
  chainId: chainIdField,
  sender: address,
  /** The sender's account nonce, counted from 0. */
  nonce: u64,
  /** Last height at which the transaction may be included. */
  expiresAtHeight: u64,
  /** Most that the sender pays in all. */
  maxFeeDust: u64,
  /** What the sender offers on top of the base fee. */
  tipDust: u64,
  /** Contract that the payload is written for, for example `qsdm/slash/v1`. */
  contract: text({minBytes: 1, maxBytes: 64}),
  payload: blob({max: 1_450_000}),
});
export type UnsignedEnvelope = FieldValue<typeof unsignedEnvelope>;

/** A transaction as it travels and as blocks carry it. */
export const envelope = record("qsdm/envelope/v3", {
  content: unsignedEnvelope,
  /** The sender's key on first use; `null` once the chain knows it. */
  publicKey: nullable(fixed(ML_DSA_87.publicKeyBytes)),
  signature: fixed(ML_DSA_87.signatureBytes),
});
export type Envelope = FieldValue<typeof envelope>;

const TX_ID_TAG = utf8("qsdm/txid/v3\0");

/** Bytes that the sender signs: tag, chain id and every field are inside, so the context string stays empty. */
export const signingBytes = (content: UnsignedEnvelope): Uint8Array => unsignedEnvelope.encode(content);

/** Transaction id: 64 hex digits. */
export const txIdOf = (content: UnsignedEnvelope): string => hexOf(sha3(TX_ID_TAG, signingBytes(content)));

const UNSIGNED_START = Uint8Array.of(0x89, 0x60 + UNSIGNED_TAG.length, ...utf8(UNSIGNED_TAG));

/** Whether `bytes` start as content without a signature does: an array of nine whose first item is the tag. */
export const isUnsigned = (bytes: Uint8Array): boolean => UNSIGNED_START.every((byte, i) => bytes[i] === byte);

/** @throws DecodeError ENVELOPE_TOO_LARGE, CBOR_INVALID, FIELD_INVALID */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > ENVELOPE_MAX_BYTES)
    throw new DecodeError("ENVELOPE_TOO_LARGE", `envelope is ${bytes.length} bytes, at most ${ENVELOPE_MAX_BYTES}`);
  return envelope.decode(bytes);
}
