/** X25519 (RFC 7748) on raw keys, beside ML-KEM. */
import {createPrivateKey, createPublicKey, diffieHellman} from "node:crypto";
import {bytesOfHex, concat, plain} from "../../../codecs/bytes.js";
import {DecodeError} from "../../../errors.js";

// What stands before the 32 bytes of a key in PKCS #8 and in SubjectPublicKeyInfo (RFC 8410).
const SECRET_PREFIX = bytesOfHex("302e020100300506032b656e04220420");
const PUBLIC_PREFIX = bytesOfHex("302a300506032b656e032100");

const secretOf = (seed: Uint8Array) =>
  createPrivateKey({key: Buffer.from(concat(SECRET_PREFIX, seed)), format: "der", type: "pkcs8"});

/** The public key of 32 secret bytes. */
export function exchangeKeyOf(seed: Uint8Array): Uint8Array {
  const der = createPublicKey(secretOf(seed)).export({format: "der", type: "spki"});
  return plain(der).slice(PUBLIC_PREFIX.length);
}

/** @throws DecodeError EXCHANGE_KEY_INVALID on a point that gives nothing */
export function exchange(seed: Uint8Array, theirKey: Uint8Array): Uint8Array {
  const key = Buffer.from(concat(PUBLIC_PREFIX, theirKey));
  try {
    const publicKey = createPublicKey({key, format: "der", type: "spki"});
    return plain(diffieHellman({privateKey: secretOf(seed), publicKey}));
  } catch (cause) {
    throw new DecodeError("EXCHANGE_KEY_INVALID", "not an X25519 key", {cause});
  }
}
