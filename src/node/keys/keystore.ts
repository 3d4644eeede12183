/** Keystore files: sealing a key under a passphrase, and opening it again. */
import {createCipheriv, createDecipheriv, pbkdf2} from "node:crypto";
import {promisify} from "node:util";
import {addressOfKey} from "../../codecs/address.js";
import {concat, hexOf, plain, utf8} from "../../codecs/bytes.js";
import {
  KEYSTORE_CIPHER,
  KEYSTORE_ITERATIONS,
  KEYSTORE_KDF,
  KEYSTORE_KEY_BYTES,
  KEYSTORE_NONCE_BYTES,
  KEYSTORE_SALT_BYTES,
  KEYSTORE_TAG_BYTES,
  KEYSTORE_TYPE,
  KEYSTORE_VERSION,
  type Keystore,
  keystore,
  type SealedKey,
  sealedKeyOf,
} from "../../codecs/keystore.js";
import {ML_DSA_87, ML_DSA_SEED_BYTES} from "../../codecs/suite.js";
import {DecodeError, UsageError} from "../../errors.js";
import {createSigner, type SignatureScheme, type Signer} from "./signer.js";

const deriveKey = promisify(pbkdf2);

export interface CreateKeystorePorts {
  readonly scheme: SignatureScheme;
  randomBytes(size: number): Uint8Array;
  /** Milliseconds since 1970. */
  now(): number;
}

/**
 * A new key under `passphrase`: the file to keep, and the signer.
 * @throws UsageError PASSPHRASE_EMPTY
 */
export async function createKeystore(
  passphrase: string,
  {scheme, randomBytes, now}: CreateKeystorePorts,
): Promise<{readonly file: Uint8Array; readonly signer: Signer}> {
  if (passphrase === "")
    throw new UsageError("PASSPHRASE_EMPTY", "an empty passphrase would protect nothing", {
      hint: "choose a passphrase of several words",
    });
  const seed = randomBytes(ML_DSA_SEED_BYTES);
  const pair = scheme.keygenFromSeed(seed);
  seed.fill(0);
  const salt = randomBytes(KEYSTORE_SALT_BYTES);
  const nonce = randomBytes(KEYSTORE_NONCE_BYTES);
  const key = await keyOf(passphrase, {salt, iterations: KEYSTORE_ITERATIONS});
  const sealed = seal(pair.secretKey, key, nonce);
  const file: Keystore = {
    version: KEYSTORE_VERSION,
    type: KEYSTORE_TYPE,
    algorithm: ML_DSA_87.name,
    address: addressOfKey(pair.publicKey),
    publicKey: hexOf(pair.publicKey),
    kdf: KEYSTORE_KDF,
    kdfParams: {iterations: KEYSTORE_ITERATIONS, salt: hexOf(salt), keyLen: KEYSTORE_KEY_BYTES},
    cipher: KEYSTORE_CIPHER,
    cipherParams: {nonce: hexOf(nonce)},
    ciphertext: hexOf(sealed),
    createdAt: new Date(now()).toISOString().replace(/\.\d{3}Z$/, "Z"),
    recovery: null,
  };
  return {file: keystore.encode(file), signer: createSigner(scheme, pair)};
}

/**
 * The signer in a keystore file.
 * @throws DecodeError KEYSTORE_INVALID, PASSPHRASE_WRONG, KEYSTORE_KEY_MISMATCH
 */
export async function openKeystore(file: Uint8Array, passphrase: string, scheme: SignatureScheme): Promise<Signer> {
  const sealed = sealedKeyOf(keystore.readCompat(file));
  const secretKey = await unsealKey(sealed, passphrase);
  if (secretKey.length !== ML_DSA_87.secretKeyBytes)
    throw mismatch(`the secret key is ${secretKey.length} bytes, want ${ML_DSA_87.secretKeyBytes}`);
  const signer = createSigner(scheme, {publicKey: sealed.publicKey, secretKey});
  // The header is not authenticated (D62), so the two halves are tried together before anything is signed.
  const probe = utf8("qsdm/keystore/probe");
  if (!scheme.verify(sealed.publicKey, probe, signer.sign(probe)))
    throw mismatch("the secret key does not belong to the public key");
  return signer;
}

/** The secret in `sealed`, whatever its length. @throws DecodeError PASSPHRASE_WRONG */
export async function unsealKey(sealed: SealedKey, passphrase: string): Promise<Uint8Array> {
  const key = await keyOf(passphrase, sealed);
  const split = sealed.ciphertext.length - KEYSTORE_TAG_BYTES;
  const decipher = createDecipheriv(KEYSTORE_CIPHER, key, sealed.nonce);
  decipher.setAuthTag(sealed.ciphertext.subarray(split));
  try {
    return plain(concat(decipher.update(sealed.ciphertext.subarray(0, split)), decipher.final()));
  } catch (cause) {
    throw new DecodeError("PASSPHRASE_WRONG", "the passphrase does not open the keystore, or the file is damaged", {
      hint: "try the passphrase again; if it is right, restore the file from a backup",
      cause,
    });
  }
}

const mismatch = (why: string): DecodeError =>
  new DecodeError("KEYSTORE_KEY_MISMATCH", `keystore: ${why}`, {
    hint: "the file was put together from two keys; restore it from a backup",
  });

const keyOf = (passphrase: string, {salt, iterations}: Pick<SealedKey, "salt" | "iterations">): Promise<Uint8Array> =>
  deriveKey(utf8(passphrase), salt, iterations, KEYSTORE_KEY_BYTES, "sha256");

function seal(secretKey: Uint8Array, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv(KEYSTORE_CIPHER, key, nonce);
  return concat(cipher.update(secretKey), cipher.final(), cipher.getAuthTag());
}
