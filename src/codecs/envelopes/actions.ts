/**
 * Actions of QSDM's streams and recovery capsules: signed over their own JSON, which is their transaction's payload.
 *
 * J-html JSON, members in the order below, what does not belong to an action left out.
 * Source: node specification, section 2.7. Vectors: canonical.vectors.json.
 */
import {readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {type GoType, goNullable, goText, goUint32, goUint64} from "../go/types.js";
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

const actionCodec = <T>(what: string, wire: GoType<T>): CompatCodec<T> =>
  canonicalCodec<T>({
    what,
    maxBytes: 65_536,
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
/** What the session key signs: the receipt without its signature. */
export const streamReceiptContent = actionCodec("stream receipt", unsignedReceiptWire);
/** Its encoding is what the sender signs. @throws DecodeError ACTION_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const capsuleAction = actionCodec("capsule action", capsuleActionWire);
