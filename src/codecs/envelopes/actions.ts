/**
 * Actions of QSDM's streams and recovery capsules: signed over their own JSON, which is their transaction's payload.
 *
 * J-html JSON, members in the order below, what does not belong to an action left out.
 * Source: node specification, section 2.7. Vectors: canonical.vectors.json.
 */
import {readStrict, readWhole} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {type GoType, goNullable, goRaw, goText, goUint32, goUint64} from "../go/types.js";
import {type CompatCodec, canonicalCodec} from "../json.js";

const streamReceiptMembers = {
  streamId: member("stream_id", goText()),
  sequence: member("sequence", goUint64),
  cumulativeActiveSeconds: member("cumulative_active_seconds", goUint64),
  /** RFC 3339. */
  observedAt: member("observed_at", goText()),
};
const unsignedReceiptWire = goStruct("streams.Receipt", streamReceiptMembers);
const receiptWire = goStruct("streams.Receipt", {
  ...streamReceiptMembers,
  /** Hex of the session key's Ed25519 signature. */
  signature: optional("signature", goText()),
});
export type StreamReceipt = GoValue<typeof receiptWire>;

const streamActionWire = goStruct("streams.Action", {
  id: member("id", goText()),
  sender: member("sender", goText()),
  streamId: member("stream_id", goText()),
  /** `open`, `pause`, `resume`, `receipt`, `settle`, `close`. */
  action: member("action", goText()),
  provider: optional("provider", goText()),
  serviceId: optional("service_id", goText()),
  deviceIdHash: optional("device_id_hash", goText()),
  sessionPublicKey: optional("session_public_key", goText()),
  priceDust: optional("price_dust", goUint64),
  pricePeriodSeconds: optional("price_period_seconds", goUint64),
  budgetDust: optional("budget_dust", goUint64),
  maxActiveSeconds: optional("max_active_seconds", goUint64),
  /** RFC 3339. */
  expiresAt: optional("expires_at", goText()),
  receipt: optional("receipt", goNullable(receiptWire)),
  nonce: optional("nonce", goUint64),
  /** RFC 3339. */
  timestamp: member("timestamp", goText()),
});
export type StreamAction = GoValue<typeof streamActionWire>;

const streamSubmissionWire = goStruct("streams.SignedAction", {
  action: member("action", streamActionWire),
  /** Lowercase hex of an ML-DSA-87 signature over the action's own encoding. */
  signature: member("signature", goText()),
  /** Lowercase hex of an ML-DSA-87 key. */
  publicKey: member("public_key", goText()),
});
export type StreamSubmission = GoValue<typeof streamSubmissionWire>;

const capsuleWire = goStruct("recovery.Capsule", {
  version: member("version", goUint32),
  scheme: member("scheme", goText()),
  locator: member("locator", goText()),
  address: member("address", goText()),
  cipher: member("cipher", goText()),
  /** Base64. */
  nonce: member("nonce", goText()),
  /** Base64. */
  ciphertext: member("ciphertext", goText()),
  /** RFC 3339. */
  createdAt: member("created_at", goText()),
});
export type Capsule = GoValue<typeof capsuleWire>;
const capsuleActionWire = goStruct("recovery.Action", {
  id: member("id", goText()),
  sender: member("sender", goText()),
  /** `register`. */
  action: member("action", goText()),
  locator: member("locator", goText()),
  capsule: optional("capsule", goNullable(capsuleWire)),
  nonce: member("nonce", goUint64),
  /** RFC 3339. */
  timestamp: member("timestamp", goText()),
});
export type CapsuleAction = GoValue<typeof capsuleActionWire>;

const capsuleSubmissionWire = goStruct("recovery.SignedAction", {
  action: member("action", capsuleActionWire),
  /** As of a stream action. */
  signature: member("signature", goText()),
  publicKey: member("public_key", goText()),
});

/** Longest action, its signature and key included. */
export const ACTION_MAX_BYTES = 65_536;

export const actionCodec = <T>(what: string, wire: GoType<T>): CompatCodec<T> =>
  canonicalCodec<T>({
    what,
    maxBytes: ACTION_MAX_BYTES,
    write: (action) => wire.write(action, "html"),
    read: (bytes) =>
      readStrict(wire, bytes, {
        code: "ACTION_INVALID",
        prefix: `${what}: `,
        trailing: `${what}: data after the action`,
      }),
  });

/** Its encoding is what the sender signs. @throws DecodeError ACTION_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const streamAction = actionCodec("stream action", streamActionWire);
const wrappedWire = goStruct("struct { Action streams.Action }", {action: member("action", streamActionWire)});
const peekWire = goStruct("struct { Action json.RawMessage }", {action: member("action", goRaw)});

/**
 * An action as people hand it in: bare, or as the only member `action` of an object.
 * @throws DecodeError ACTION_INVALID
 */
export function readStreamDocument(bytes: Uint8Array): StreamAction {
  const wording = {code: "ACTION_INVALID", prefix: "stream action: ", trailing: "stream action: data after the action"};
  // A bare action has a member of this name as well, a text; the other is an object.
  const isWrapped = readWhole(peekWire, bytes, wording).action?.[0] === 0x7b;
  return isWrapped ? readStrict(wrappedWire, bytes, wording).action : streamAction.readCompat(bytes);
}

/** An action with its signature, as it is submitted. @throws DecodeError as `streamAction` */
export const streamSubmission = actionCodec("signed stream action", streamSubmissionWire);
/** A receipt with its signature, as a device hands it to its provider. */
export const streamReceipt = actionCodec("signed stream receipt", receiptWire);
/** What the session key signs: the receipt without its signature. */
export const streamReceiptContent = actionCodec("stream receipt", unsignedReceiptWire);
/** A capsule alone, as somebody keeps a copy of it. */
export const capsule = actionCodec("recovery capsule", capsuleWire);
/** Its encoding is what the sender signs. @throws DecodeError ACTION_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const capsuleAction = actionCodec("capsule action", capsuleActionWire);
/** An action with its signature, as it is submitted. @throws DecodeError as `capsuleAction` */
export const capsuleSubmission = actionCodec("signed capsule action", capsuleSubmissionWire);
