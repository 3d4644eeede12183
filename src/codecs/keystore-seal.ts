/** How a keystore's secrets are sealed: the members that say it, which the key and the recovery words both have. */
import {readHex} from "./go/hex.js";
import {goStruct, member} from "./go/struct.js";
import {goText, goUint32} from "./go/types.js";

export const KEYSTORE_KDF = "pbkdf2-sha256";
export const KEYSTORE_CIPHER = "aes-256-gcm";
export const KEYSTORE_KEY_BYTES = 32;
export const KEYSTORE_SALT_BYTES = 16;
export const KEYSTORE_NONCE_BYTES = 12;
export const KEYSTORE_TAG_BYTES = 16;
/** Rounds of a new keystore. */
export const KEYSTORE_ITERATIONS = 600_000;
/** Fewer rounds are refused: a stolen file would be guessed too fast. */
export const KEYSTORE_ITERATIONS_MIN = 100_000;
/** More rounds are refused: a file that takes an hour to open is an attack, not a keystore. */
export const KEYSTORE_ITERATIONS_MAX = 10_000_000;

export const sealMembers = {
  kdf: member("kdf", goText()),
  kdfParams: member(
    "kdf_params",
    goStruct("keystore.KDFParams", {
      iterations: member("iterations", goUint32),
      /** Hex of 16 bytes. */
      salt: member("salt", goText()),
      keyLen: member("key_len", goUint32),
    }),
  ),
  cipher: member("cipher", goText()),
  /** Hex of 12 bytes. */
  cipherParams: member("cipher_params", goStruct("keystore.CipherParams", {nonce: member("nonce", goText())})),
  /** Hex. */
  ciphertext: member("ciphertext", goText()),
};

/** The members as they are written. */
export interface SealText {
  readonly kdf: string;
  readonly kdfParams: {readonly iterations: number; readonly salt: string; readonly keyLen: number};
  readonly cipher: string;
  readonly cipherParams: {readonly nonce: string};
  readonly ciphertext: string;
}

/** The members in bytes. */
export interface Sealed {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  /** The secret, then the tag of 16 bytes. */
  readonly ciphertext: Uint8Array;
}

/** Throws what says that a file is wrong, and why. */
export type Refuse = (why: string) => never;

/** `text` in bytes, after everything that can be checked without the passphrase. */
export function readSeal({kdf, kdfParams, cipher, cipherParams, ciphertext}: SealText, refuse: Refuse): Sealed {
  if (kdf !== KEYSTORE_KDF) refuse(`kdf "${kdf}" is not "${KEYSTORE_KDF}"`);
  if (cipher !== KEYSTORE_CIPHER) refuse(`cipher "${cipher}" is not "${KEYSTORE_CIPHER}"`);
  if (kdfParams.keyLen !== KEYSTORE_KEY_BYTES) refuse(`key_len ${kdfParams.keyLen} is not ${KEYSTORE_KEY_BYTES}`);
  const {iterations} = kdfParams;
  if (iterations < KEYSTORE_ITERATIONS_MIN || iterations > KEYSTORE_ITERATIONS_MAX)
    refuse(`${iterations} iterations are not within ${KEYSTORE_ITERATIONS_MIN} and ${KEYSTORE_ITERATIONS_MAX}`);
  const bytes = readHexMember("ciphertext", ciphertext, refuse);
  if (bytes.length <= KEYSTORE_TAG_BYTES) refuse(`ciphertext of ${bytes.length} bytes holds nothing`);
  return {
    iterations,
    salt: readSized("salt", kdfParams.salt, {size: KEYSTORE_SALT_BYTES, refuse}),
    nonce: readSized("nonce", cipherParams.nonce, {size: KEYSTORE_NONCE_BYTES, refuse}),
    ciphertext: bytes,
  };
}

/** Hex of exactly `size` bytes. */
export function readSized(
  name: string,
  text: string,
  {size, refuse}: {readonly size: number; readonly refuse: Refuse},
): Uint8Array {
  const bytes = readHexMember(name, text, refuse);
  return bytes.length === size ? bytes : refuse(`${name} is ${bytes.length} bytes, want ${size}`);
}

function readHexMember(name: string, text: string, refuse: Refuse): Uint8Array {
  try {
    return readHex(text);
  } catch (error) {
    return refuse(`${name}: ${(error as Error).message}`);
  }
}
