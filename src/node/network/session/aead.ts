/** ChaCha20-Poly1305 (RFC 8439) by node:crypto. */
import {createCipheriv, createDecipheriv} from "node:crypto";
import {concat, plain} from "../../../codecs/bytes.js";
import {AEAD_TAG_BYTES} from "../../../codecs/network/session.js";

const CIPHER = "chacha20-poly1305";
const OPTIONS = {authTagLength: AEAD_TAG_BYTES} as const;

/** Ciphertext and tag. */
export const seal = (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, bound: Uint8Array): Uint8Array =>
  concat(...sealParts(key, nonce, [plaintext], bound));

/** The same in pieces, of a plaintext in pieces: for whoever puts something before them. */
export function sealParts(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: readonly Uint8Array[],
  bound: Uint8Array,
): Uint8Array[] {
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
  cipher.setAAD(bound, {plaintextLength: plaintext.reduce((sum, {length}) => sum + length, 0)});
  const ciphertext = plaintext.map((part) => cipher.update(part));
  return [...ciphertext, cipher.final(), cipher.getAuthTag()];
}

/** The plaintext, or null when a bit is not what was sealed. */
export function open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, bound: Uint8Array): Uint8Array | null {
  const split = ciphertext.length - AEAD_TAG_BYTES;
  if (split < 0) return null;
  const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS);
  decipher.setAAD(bound, {plaintextLength: split});
  decipher.setAuthTag(ciphertext.subarray(split));
  const plaintext = plain(decipher.update(ciphertext.subarray(0, split)));
  try {
    decipher.final();
    return plaintext;
  } catch {
    return null;
  }
}
