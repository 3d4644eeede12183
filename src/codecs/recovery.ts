/**
 * What the 32 bytes behind 24 recovery words derive: the key of a new wallet, or the capsule of an old one.
 *
 * HKDF-SHA256 with a salt for each generation of wallets and an info text for each purpose.
 * Source: node specification, section 15.2. Vectors: keystore.vectors.json.
 */
import {hkdfSync} from "node:crypto";
import {DecodeError} from "../errors.js";
import {hexOf, utf8} from "./bytes.js";
import {hmacSha256} from "./hash.js";

export const RECOVERY_ENTROPY_BYTES = 32;
/** How many words they make. */
export const RECOVERY_WORDS = 24;
const SALT = "QSDM Wallet Recovery v1";
const SEED_INFO = "CELL wallet / ML-DSA-87 deterministic seed";
const LEGACY_SALT = "QSDM Legacy Wallet Recovery v1";
const LEGACY_KEY_INFO = "legacy wallet capsule / AES-256-GCM key";
const LEGACY_LOCATOR_INFO = "legacy wallet capsule / lookup locator";

function derive(entropy: Uint8Array, salt: string, info: string): Uint8Array {
  if (entropy.length !== RECOVERY_ENTROPY_BYTES)
    throw new DecodeError(
      "RECOVERY_ENTROPY_SIZE",
      `recovery entropy is ${entropy.length} bytes, want ${RECOVERY_ENTROPY_BYTES}`,
    );
  return new Uint8Array(hkdfSync("sha256", entropy, utf8(salt), utf8(info), 32));
}

/** ML-DSA-87 seed of a wallet that was made from words: 32 bytes. @throws DecodeError RECOVERY_ENTROPY_SIZE */
export const recoverySeed = (entropy: Uint8Array): Uint8Array => derive(entropy, SALT, SEED_INFO);

/** Key that opens the capsule of a wallet older than its words: 32 bytes. @throws DecodeError RECOVERY_ENTROPY_SIZE */
export const capsuleKey = (entropy: Uint8Array): Uint8Array => derive(entropy, LEGACY_SALT, LEGACY_KEY_INFO);

/** Hex under which that capsule is found; it tells nothing about the key. @throws DecodeError RECOVERY_ENTROPY_SIZE */
export const capsuleLocator = (entropy: Uint8Array): string =>
  hexOf(hmacSha256(derive(entropy, LEGACY_SALT, LEGACY_LOCATOR_INFO), utf8(LEGACY_LOCATOR_INFO)));
