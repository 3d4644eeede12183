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
  checkPassphrase(passphrase);
  const seed = randomBytes(ML_DSA_SEED_BYTES);
  const pair = scheme.keygenFromSeed(seed);
  seed.fill(0);
  const createdAt = new Date(now()).toISOString().replace(/\.\d{3}Z$/, "Z");
  const file = await sealedFile({...pair, createdAt, recovery: null}, passphrase, randomBytes);
  return {file: keystore.encode(file), signer: createSigner(scheme, pair)};
}

interface Sealable extends Pick<Keystore, "createdAt" | "recovery"> {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

async function sealedFile(
  {publicKey, secretKey, ...kept}: Sealable,
  passphrase: string,
  randomBytes: CreateKeystorePorts["randomBytes"],
): Promise<Keystore> {
  const salt = randomBytes(KEYSTORE_SALT_BYTES);
  const nonce = randomBytes(KEYSTORE_NONCE_BYTES);
  const key = await keyOf(passphrase, {salt, iterations: KEYSTORE_ITERATIONS});
  return {
    version: KEYSTORE_VERSION,
    type: KEYSTORE_TYPE,
    algorithm: ML_DSA_87.name,
    address: addressOfKey(publicKey),
    publicKey: hexOf(publicKey),
    kdf: KEYSTORE_KDF,
    kdfParams: {iterations: KEYSTORE_ITERATIONS, salt: hexOf(salt), keyLen: KEYSTORE_KEY_BYTES},
    cipher: KEYSTORE_CIPHER,
    cipherParams: {nonce: hexOf(nonce)},
    ciphertext: hexOf(seal(secretKey, key, nonce)),
    ...kept,
  };
}

/** Passphrases of a keystore before and after. */
export interface Passphrases {
  readonly current: string;
  readonly next: string;
}

/**
 * The key of a keystore file in a new file, with new salt and nonce and today's number of rounds. A recovery block is
 * sealed under the passphrase too, so it stays only where that does not change.
 * @throws UsageError PASSPHRASE_EMPTY; DecodeError KEYSTORE_INVALID, PASSPHRASE_WRONG, KEYSTORE_KEY_MISMATCH
 */
export async function resealKeystore(
  bytes: Uint8Array,
  {current, next}: Passphrases,
  {scheme, randomBytes}: Omit<CreateKeystorePorts, "now">,
): Promise<{readonly file: Uint8Array; readonly address: string; readonly recoveryDropped: boolean}> {
  checkPassphrase(next);
  const file = keystore.readCompat(bytes);
  const {createdAt, recovery} = file;
  const {publicKey, secretKey, address} = await openKey(file, current, scheme);
  const recoveryKept = current === next ? recovery : null;
  const sealed = await sealedFile({publicKey, secretKey, createdAt, recovery: recoveryKept}, next, randomBytes);
  secretKey.fill(0);
  return {file: keystore.encode(sealed), address, recoveryDropped: recovery !== recoveryKept};
}

/** @throws UsageError PASSPHRASE_EMPTY */
export function checkPassphrase(passphrase: string): void {
  if (passphrase === "")
    throw new UsageError("PASSPHRASE_EMPTY", "an empty passphrase would protect nothing", {
      hint: "choose a passphrase of several words",
    });
}

/**
 * The signer in a keystore file.
 * @throws DecodeError KEYSTORE_INVALID, PASSPHRASE_WRONG, KEYSTORE_KEY_MISMATCH
 */
export async function openKeystore(file: Uint8Array, passphrase: string, scheme: SignatureScheme): Promise<Signer> {
  return createSigner(scheme, await openKey(keystore.readCompat(file), passphrase, scheme));
}

/** Both halves of the key in `file`, tried together. */
async function openKey(file: Keystore, passphrase: string, scheme: SignatureScheme) {
  const sealed = sealedKeyOf(file);
  const {publicKey, address} = sealed;
  const secretKey = await unsealKey(sealed, passphrase);
  if (secretKey.length !== ML_DSA_87.secretKeyBytes)
    throw mismatch(`the secret key is ${secretKey.length} bytes, want ${ML_DSA_87.secretKeyBytes}`);
  // The header is not authenticated (D62), so the two halves are tried together before anything is signed.
  const probe = utf8("qsdm/keystore/probe");
  if (!scheme.verify(publicKey, probe, scheme.sign(secretKey, probe)))
    throw mismatch("the secret key does not belong to the public key");
  return {publicKey, secretKey, address};
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
