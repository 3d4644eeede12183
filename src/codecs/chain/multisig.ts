/**
 * Accounts of several keys: k of n of them sign together (docs/decisions/0079-multisig.md). The address is a digest of the
 * policy, so nobody registers anything and nobody can change who may sign.
 */
import {DecodeError} from "../../errors.js";
import {hexOf, utf8} from "../bytes.js";
import {type FieldValue, fixed, list, record, u32} from "../cbor/record.js";
import {sha256} from "../hash.js";
import {ML_DSA_87} from "../suite.js";
import {decodeEnvelope, ENVELOPE_MAX_BYTES, type UnsignedEnvelope, unsignedEnvelope} from "./envelope.js";

/** Most keys of one account. */
export const POLICY_KEYS_MAX = 16;

export const policy = record("qsdm/policy/v1", {
  /** How many of the keys have to sign. */
  threshold: u32,
  /** ML-DSA-87 public keys, ascending, each once. */
  keys: list(fixed(ML_DSA_87.publicKeyBytes), POLICY_KEYS_MAX),
});
export type Policy = FieldValue<typeof policy>;

const TAG = "qsdm/multi-envelope/v3";

export const multiEnvelope = record(TAG, {
  content: unsignedEnvelope,
  /** Carried each time: it says how many signatures there are, and with them what the transaction costs. */
  policy,
  /** By index into the policy's keys, ascending. A chain takes exactly as many as the threshold. */
  signatures: list(record("member-signature", {key: u32, signature: fixed(ML_DSA_87.signatureBytes)}), POLICY_KEYS_MAX),
});
export type MultiEnvelope = FieldValue<typeof multiEnvelope>;

/** Whether `bytes` start as such an envelope does: an array of four whose first item is the tag. */
export const isMultiEnvelope = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x84 && bytes[1] === 0x60 + TAG.length && hexOf(bytes.subarray(2, 2 + TAG.length)) === hexOf(utf8(TAG));

/** @throws DecodeError ENVELOPE_TOO_LARGE, CBOR_INVALID, FIELD_INVALID, POLICY_INVALID */
export function decodeMultiEnvelope(bytes: Uint8Array): MultiEnvelope {
  if (bytes.length > ENVELOPE_MAX_BYTES)
    throw new DecodeError("ENVELOPE_TOO_LARGE", `envelope is ${bytes.length} bytes, at most ${ENVELOPE_MAX_BYTES}`);
  const value = multiEnvelope.decode(bytes);
  checkPolicy(value.policy);
  return value;
}

/** What an envelope of either form was signed for. @throws DecodeError as the decoders */
export const decodeContent = (bytes: Uint8Array): UnsignedEnvelope =>
  (isMultiEnvelope(bytes) ? decodeMultiEnvelope(bytes) : decodeEnvelope(bytes)).content;

/**
 * Refuses a policy that another one says better: keys out of order or twice, a threshold that nobody needs or can meet.
 * @throws DecodeError POLICY_INVALID
 */
export function checkPolicy({threshold, keys}: Policy): void {
  const bad = (why: string): never => {
    throw new DecodeError("POLICY_INVALID", `a policy of ${threshold} of ${keys.length} keys: ${why}`);
  };
  if (keys.length < 2) bad("an account of several keys has two at least");
  if (threshold < 1 || threshold > keys.length) bad(`the threshold is not from 1 to ${keys.length}`);
  for (let at = 1; at < keys.length; at++)
    if (Buffer.compare(keys[at - 1]!, keys[at]!) >= 0) bad("the keys are not in ascending order, each once");
}

/** Policy with `keys` in the order that makes it canonical. @throws DecodeError POLICY_INVALID */
export function policyOf(threshold: number, keys: readonly Uint8Array[]): Policy {
  const value = {threshold, keys: [...keys].sort(Buffer.compare)};
  checkPolicy(value);
  return value;
}

const ADDRESS_TAG = utf8("qsdm/policy-address/v1\0");

/** The account that `value` controls. The tag keeps it apart from every key's own address. */
export const addressOfPolicy = (value: Policy): string => hexOf(sha256(ADDRESS_TAG, policy.encode(value)));
