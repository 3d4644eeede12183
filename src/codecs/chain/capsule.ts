/** Recovery capsules: the encrypted copy of a wallet's key, found with the words that open it. */
import {digestHex} from "../address.js";
import {blob, type FieldValue, fixed, record, text} from "../cbor/record.js";

/** Its payload is QSDM's capsule action, byte for byte (codecs/envelopes/actions.ts). */
export const CAPSULE_CONTRACT = "qsdm/wallet-recovery/v1";
/** Longest payload in bytes. */
export const CAPSULE_PAYLOAD_MAX = 32_768;

/** What every capsule says of itself. */
export const CAPSULE_VERSION = 1;
export const CAPSULE_SCHEME = "qsdm-legacy-wallet-recovery-v1";
export const CAPSULE_CIPHER = "aes-256-gcm";

export const CAPSULE_NONCE_BYTES = 12;
/** With the tag. Address and key take 7,568 bytes. */
export const CAPSULE_CIPHERTEXT_MIN = 32;
export const CAPSULE_CIPHERTEXT_MAX = 16_384;
/** Longest id of an action, in bytes. */
export const CAPSULE_ACTION_ID_MAX = 128;

/** RFC 3339 as its signer wrote it: the longest has nine decimals and a zone. */
const time = text({minBytes: 20, maxBytes: 35});

/** An account's one capsule. */
export const capsuleRecord = record("recovery-capsule", {
  /** Digest that the recovery words give, and nothing else does. */
  locator: digestHex,
  nonce: fixed(CAPSULE_NONCE_BYTES),
  ciphertext: blob({min: CAPSULE_CIPHERTEXT_MIN, max: CAPSULE_CIPHERTEXT_MAX}),
  createdAt: time,
  actionId: text({minBytes: 1, maxBytes: CAPSULE_ACTION_ID_MAX, pattern: /^[A-Za-z0-9._:-]+$/}),
  registeredAt: time,
});
export type CapsuleRecord = FieldValue<typeof capsuleRecord>;

/** Whose capsule a locator finds. */
export const locatorRecord = record("recovery-locator", {owner: digestHex});
export type LocatorRecord = FieldValue<typeof locatorRecord>;
