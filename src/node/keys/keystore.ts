/** Keystore files: sealing a key under a passphrase, and opening it again. */
import {addressOfKey} from "../../codecs/address.js";
import {hexOf, utf8} from "../../codecs/bytes.js";
import {
  KEYSTORE_TYPE,
  KEYSTORE_VERSION,
  type Keystore,
  keystore,
  type SealedKey,
  sealedKeyOf,
} from "../../codecs/keystore.js";
import {recoverySeed} from "../../codecs/recovery.js";
import {ML_DSA_87, ML_DSA_SEED_BYTES} from "../../codecs/suite.js";
import {DecodeError, UsageError} from "../../errors.js";
import {openBlock, type Recovery, sealBlock} from "./recovery-block.js";
import {type RandomBytes, sealUnder, unsealUnder} from "./seal.js";
import {createSigner, type SignatureScheme, type Signer} from "./signer.js";

export interface KeystorePorts {
  readonly scheme: SignatureScheme;
  readonly randomBytes: RandomBytes;
}

export interface CreateKeystorePorts extends KeystorePorts {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Both halves of a key, in the clear. Whoever holds one fills the secret with zeros after its use. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** A key with the words that bring it back, and null for none. */
export interface Keepsake extends KeyPair {
  readonly recovery: Recovery | null;
}

const NOTHING = new Uint8Array(0);

/**
 * A new key under `passphrase`: the file to keep, and the signer. The key derives from `entropy`, which the file keeps
 * as well, where recovery words are wanted.
 * @throws UsageError PASSPHRASE_EMPTY; DecodeError RECOVERY_ENTROPY_SIZE
 */
export async function createKeystore(
  passphrase: string,
  {scheme, randomBytes, now}: CreateKeystorePorts,
  entropy: Uint8Array | null = null,
): Promise<{readonly file: Uint8Array; readonly signer: Signer}> {
  checkPassphrase(passphrase);
  const seed = entropy === null ? randomBytes(ML_DSA_SEED_BYTES) : recoverySeed(entropy);
  const pair = scheme.keygenFromSeed(seed);
  seed.fill(0);
  const recovery = entropy && {entropy, locator: null};
  const file = await keystoreOfKey({...pair, recovery}, passphrase, {randomBytes, now});
  return {file, signer: createSigner(scheme, pair)};
}

/** A new file for a key that is there already. @throws UsageError PASSPHRASE_EMPTY */
export async function keystoreOfKey(
  {publicKey, secretKey, recovery}: Keepsake,
  passphrase: string,
  {randomBytes, now}: Pick<CreateKeystorePorts, "randomBytes" | "now">,
): Promise<Uint8Array> {
  checkPassphrase(passphrase);
  const address = addressOfKey(publicKey);
  const createdAt = new Date(now()).toISOString().replace(/\.\d{3}Z$/, "Z");
  const block = recovery && (await sealBlock(recovery, passphrase, {address, randomBytes}));
  return keystore.encode(await sealedFile({publicKey, secretKey, createdAt, recovery: block}, passphrase, randomBytes));
}

interface Sealable extends Pick<Keystore, "createdAt" | "recovery">, KeyPair {}

const sealedFile = async (
  {publicKey, secretKey, ...kept}: Sealable,
  passphrase: string,
  randomBytes: RandomBytes,
): Promise<Keystore> => ({
  version: KEYSTORE_VERSION,
  type: KEYSTORE_TYPE,
  algorithm: ML_DSA_87.name,
  address: addressOfKey(publicKey),
  publicKey: hexOf(publicKey),
  ...(await sealUnder(passphrase, secretKey, {randomBytes, associatedData: NOTHING})),
  ...kept,
});

/** Passphrases of a keystore before and after. */
export interface Passphrases {
  readonly current: string;
  readonly next: string;
}

/**
 * The key of a keystore file in a new file, with new salt and nonce and today's number of rounds. Recovery words go
 * along, under the new passphrase; those that do not open stay behind.
 * @throws UsageError PASSPHRASE_EMPTY; DecodeError KEYSTORE_INVALID, PASSPHRASE_WRONG, KEYSTORE_KEY_MISMATCH
 */
export async function resealKeystore(
  bytes: Uint8Array,
  {current, next}: Passphrases,
  {scheme, randomBytes}: KeystorePorts,
): Promise<{readonly file: Uint8Array; readonly address: string; readonly recoveryDropped: boolean}> {
  checkPassphrase(next);
  const file = keystore.readCompat(bytes);
  const {createdAt} = file;
  const {publicKey, secretKey, address} = await openKey(file, current, scheme);
  const recovery = await carriedBlock(file, {current, next}, randomBytes);
  const sealed = await sealedFile({publicKey, secretKey, createdAt, recovery}, next, randomBytes);
  secretKey.fill(0);
  return {file: keystore.encode(sealed), address, recoveryDropped: (file.recovery === null) !== (recovery === null)};
}

async function carriedBlock(file: Keystore, {current, next}: Passphrases, randomBytes: RandomBytes) {
  try {
    const opened = await openBlock(file, current);
    return opened && (await sealBlock(opened, next, {address: file.address, randomBytes}));
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/**
 * A keystore file with the words that open its capsule; the key in it stays sealed as it is.
 * @throws DecodeError KEYSTORE_INVALID
 */
export async function withRecovery(
  bytes: Uint8Array,
  recovery: Recovery,
  {passphrase, randomBytes}: {readonly passphrase: string; readonly randomBytes: RandomBytes},
): Promise<Uint8Array> {
  const file = keystore.readCompat(bytes);
  const block = await sealBlock(recovery, passphrase, {address: file.address, randomBytes});
  return keystore.encode({...file, recovery: block});
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

/**
 * Both halves of the key in `file`, tried together.
 * @throws DecodeError KEYSTORE_INVALID, PASSPHRASE_WRONG, KEYSTORE_KEY_MISMATCH
 */
export async function openKey(
  file: Keystore,
  passphrase: string,
  scheme: SignatureScheme,
): Promise<KeyPair & {readonly address: string}> {
  const sealed = sealedKeyOf(file);
  const {publicKey, address} = sealed;
  const secretKey = await unsealKey(sealed, passphrase);
  // The header is not authenticated (D62), so the two halves are tried together before anything is signed.
  if (!belongTogether({publicKey, secretKey}, scheme))
    throw new DecodeError("KEYSTORE_KEY_MISMATCH", "keystore: the secret key does not belong to the public key", {
      hint: "the file was put together from two keys; restore it from a backup",
    });
  return {publicKey, secretKey, address};
}

/** Whether what the one half signs, the other takes. */
export function belongTogether({publicKey, secretKey}: KeyPair, scheme: SignatureScheme): boolean {
  if (secretKey.length !== ML_DSA_87.secretKeyBytes) return false;
  const probe = utf8("qsdm/keystore/probe");
  return scheme.verify(publicKey, probe, scheme.sign(secretKey, probe));
}

/** The secret in `sealed`, whatever its length. @throws DecodeError PASSPHRASE_WRONG */
export async function unsealKey(sealed: SealedKey, passphrase: string): Promise<Uint8Array> {
  const secret = await unsealUnder(passphrase, sealed, NOTHING);
  if (secret === null)
    throw new DecodeError("PASSPHRASE_WRONG", "the passphrase does not open the keystore, or the file is damaged", {
      hint: "try the passphrase again; if it is right, restore the file from a backup",
    });
  return secret;
}
