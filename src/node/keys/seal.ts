/** AES-256-GCM as keystores and capsules use it: the tag behind the ciphertext, the key from a passphrase or given. */
import {createCipheriv, createDecipheriv, pbkdf2} from "node:crypto";
import {promisify} from "node:util";
import {concat, hexOf, plain, utf8} from "../../codecs/bytes.js";
import {
  KEYSTORE_CIPHER,
  KEYSTORE_ITERATIONS,
  KEYSTORE_KDF,
  KEYSTORE_KEY_BYTES,
  KEYSTORE_NONCE_BYTES,
  KEYSTORE_SALT_BYTES,
  KEYSTORE_TAG_BYTES,
  type Sealed,
  type SealText,
} from "../../codecs/keystore-seal.js";

export type RandomBytes = (size: number) => Uint8Array;

/** What a seal is made with besides its key. */
export interface Lock {
  readonly nonce: Uint8Array;
  /** What the seal also covers; empty for none. */
  readonly associatedData: Uint8Array;
}

const deriveKey = promisify(pbkdf2);

const keyOf = (passphrase: string, {salt, iterations}: Pick<Sealed, "salt" | "iterations">): Promise<Uint8Array> =>
  deriveKey(utf8(passphrase), salt, iterations, KEYSTORE_KEY_BYTES, "sha256");

/** `secret` under `key`: ciphertext, then the tag of 16 bytes. */
export function seal(secret: Uint8Array, key: Uint8Array, {nonce, associatedData}: Lock): Uint8Array {
  const cipher = createCipheriv(KEYSTORE_CIPHER, key, nonce);
  cipher.setAAD(associatedData);
  return concat(cipher.update(secret), cipher.final(), cipher.getAuthTag());
}

/** What `sealed` holds, or null where key, nonce or associated data are others, or it was changed. */
export function unseal(sealed: Uint8Array, key: Uint8Array, {nonce, associatedData}: Lock): Uint8Array | null {
  const split = sealed.length - KEYSTORE_TAG_BYTES;
  if (split < 0) return null;
  const decipher = createDecipheriv(KEYSTORE_CIPHER, key, nonce, {authTagLength: KEYSTORE_TAG_BYTES});
  decipher.setAuthTag(sealed.subarray(split));
  decipher.setAAD(associatedData);
  const opened = decipher.update(sealed.subarray(0, split));
  try {
    return plain(concat(opened, decipher.final()));
  } catch {
    // The one thing that `final` refuses is the tag.
    return null;
  } finally {
    opened.fill(0);
  }
}

/** `secret` under a passphrase, as a keystore writes it: new salt and nonce, today's number of rounds. */
export async function sealUnder(
  passphrase: string,
  secret: Uint8Array,
  {randomBytes, associatedData}: {readonly randomBytes: RandomBytes; readonly associatedData: Uint8Array},
): Promise<SealText> {
  const salt = randomBytes(KEYSTORE_SALT_BYTES);
  const nonce = randomBytes(KEYSTORE_NONCE_BYTES);
  const key = await keyOf(passphrase, {salt, iterations: KEYSTORE_ITERATIONS});
  return {
    kdf: KEYSTORE_KDF,
    kdfParams: {iterations: KEYSTORE_ITERATIONS, salt: hexOf(salt), keyLen: KEYSTORE_KEY_BYTES},
    cipher: KEYSTORE_CIPHER,
    cipherParams: {nonce: hexOf(nonce)},
    ciphertext: hexOf(seal(secret, key, {nonce, associatedData})),
  };
}

/** The secret in `sealed`, or null where the passphrase or the associated data are others, or it was changed. */
export const unsealUnder = async (
  passphrase: string,
  sealed: Sealed,
  associatedData: Uint8Array,
): Promise<Uint8Array | null> =>
  unseal(sealed.ciphertext, await keyOf(passphrase, sealed), {nonce: sealed.nonce, associatedData});
