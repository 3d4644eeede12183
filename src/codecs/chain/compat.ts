/**
 * How a QSDM envelope travels in a block of a compatible chain: whole, in its canonical JSON, under a tag of ours.
 *
 * QSDM's envelopes name no chain, so the carrier does. Nobody signs that name: a signature of theirs is good on every
 * chain that takes them, which is one reason why strict chains do not (docs/decisions/0005-compat-door.md).
 */
import {hexOf, textOf, utf8} from "../bytes.js";
import {blob, type FieldValue, record, word} from "../cbor/record.js";
import {sha3} from "../hash.js";
import {chainIdField} from "./envelope.js";

/** Longest v2 envelope: what the reference takes in one request. */
export const COMPAT_BODY_MAX_BYTES = 1_048_576;

const TAG = "qsdm/compat/v2";

export const compatTransaction = record(TAG, {
  chainId: chainIdField,
  /** Which envelope `body` is. */
  form: word("wallet", "enrollment", "slash", "stream", "capsule"),
  /** Canonical JSON. */
  body: blob({min: 2, max: COMPAT_BODY_MAX_BYTES}),
});
export type CompatTransaction = FieldValue<typeof compatTransaction>;

/** Whether `bytes` start as a carrier does: an array of four whose first item is the tag. */
export const isCompatTransaction = (bytes: Uint8Array): boolean =>
  bytes.length > 16 && bytes[0] === 0x84 && bytes[1] === 0x60 + TAG.length && textAt(bytes, 2, TAG.length) === TAG;

function textAt(bytes: Uint8Array, start: number, length: number): string | null {
  const part = bytes.subarray(start, start + length);
  return part.every((byte) => byte < 0x80) ? textOf(part) : null;
}

const TX_ID_TAG = utf8("qsdm/txid/compat-v2\0");

/**
 * Transaction id under which a v2 envelope is stored: 64 hex digits. It covers signature and key, since the id that
 * clients chose covers nothing.
 */
export const compatTxIdOf = (bytes: Uint8Array): string => hexOf(sha3(TX_ID_TAG, bytes));
